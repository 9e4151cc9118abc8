package script

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// Load reads the folder and loads every script in it. A script that is broken
// is logged, kept in Status and tried again when it changes; the error is about
// the folder itself.
func (h *Host) Load() error {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	_, err := h.scan(true)
	return err
}

// Reload reads a script again, named with or without .lua, and loads it afresh
// even when its content is the same. Of a script that is not known the whole
// folder is read, and what changed is loaded.
func (h *Host) Reload(name string) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	if name != "" && !strings.HasSuffix(name, ".lua") {
		name += ".lua"
	}
	h.mu.Lock()
	if s := h.scripts[name]; s != nil {
		s.seen = ""
	}
	h.mu.Unlock()
	if _, err := h.scan(true); err != nil {
		h.log.Warn("scripts not read", "error", err)
	}
}

// scan brings what is loaded in line with the folder, with reloading held. It
// says whether the folder is to be read again soon: a file was being written,
// or one is missing and sure is false, so that a save in two steps may be
// between them.
func (h *Host) scan(sure bool) (unsettled bool, err error) {
	if h.alive.Err() != nil {
		return false, errors.New("the scripts' host has ended")
	}
	files, err := readFolder(h.opts.Dir, h.opts.Limits.Source)
	if err != nil {
		return false, err
	}
	if !h.loaded && len(files) == 0 {
		h.log.Warn("no scripts yet", "dir", h.opts.Dir)
	}
	h.loaded = true
	gone := h.known()
	for _, f := range files {
		delete(gone, f.name)
		if errors.Is(f.err, errUnsettled) {
			unsettled = true
			continue
		}
		h.update(f)
	}
	if !sure {
		return unsettled || len(gone) > 0, nil
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		h.unload(name)
	}
	return unsettled, nil
}

func (h *Host) known() map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := map[string]bool{}
	for name := range h.scripts {
		names[name] = true
	}
	return names
}

// update loads a file unless this is what is loaded, or what failed, already.
func (h *Host) update(f file) {
	h.mu.Lock()
	s := h.scripts[f.name]
	if s == nil {
		s = &script{}
		h.scripts[f.name] = s
	}
	digest := f.digest()
	if s.seen == digest {
		h.mu.Unlock()
		return
	}
	s.seen = digest
	previous := s.live
	h.mu.Unlock()

	began := h.opts.Clock.Now()
	result := Reload{Script: f.name, Generation: f.generation(), Err: f.err}
	if previous != nil {
		result.Previous = previous.generation
	}
	var fresh *Runtime
	if result.Err == nil {
		fresh, result.Err = h.load(f.name, result.Generation, f.source)
	}
	if fresh != nil {
		result.Handlers = len(fresh.handlers)
	}
	h.replace(f.name, s, fresh, result.Err)
	result.Took = h.opts.Clock.Now().Sub(began)
	h.report(result)
}

// unload forgets a script whose file is gone.
func (h *Host) unload(name string) {
	h.mu.Lock()
	s := h.scripts[name]
	live := s.live
	h.mu.Unlock()
	result := Reload{Script: name, Unloaded: true}
	if live != nil {
		result.Previous = live.generation
	}
	h.replace(name, s, nil, nil)
	h.report(result)
}

// replace puts a fresh generation in the old one's place, in one step for
// Dispatch; without a fresh one and without an error the script goes.
func (h *Host) replace(name string, s *script, fresh *Runtime, err error) {
	h.mu.Lock()
	s.err = err
	if err != nil {
		h.mu.Unlock()
		return
	}
	old := s.live
	s.live = fresh
	if fresh == nil {
		delete(h.scripts, name)
	}
	h.live = h.index()
	if old != nil {
		s.retired = append(s.retired, old)
	}
	h.mu.Unlock()
	// From here on nothing starts on the old one.
	if old != nil && old.retire() {
		h.closeRetired(old)
	}
}

// index lists what is live, anew for every replacement.
func (h *Host) index() *generations {
	live := &generations{handlers: map[string][]*handler{}}
	for _, name := range slices.Sorted(maps.Keys(h.scripts)) {
		if rt := h.scripts[name].live; rt != nil {
			live.runtimes = append(live.runtimes, rt)
			for _, handler := range rt.handlers {
				live.handlers[handler.event] = append(live.handlers[handler.event], handler)
			}
		}
	}
	return live
}

// closeRetired closes a generation that was replaced and runs nothing more.
func (h *Host) closeRetired(rt *Runtime) {
	rt.close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.scripts[rt.script]; s != nil {
		s.retired = slices.DeleteFunc(s.retired, func(r *Runtime) bool { return r == rt })
	}
}

func (h *Host) report(r Reload) {
	log := h.log.With("script", r.Script)
	switch {
	case r.Unloaded:
		log.Info("script unloaded", "generation", r.Previous)
	case r.Err != nil && r.Previous != "":
		log.Error("script not reloaded, the old one goes on", "generation", r.Previous, "refused", r.Generation, "error", r.Err)
	case r.Err != nil:
		log.Error("script not loaded", "generation", r.Generation, "error", r.Err)
	case r.Previous != "":
		log.Info("script reloaded", "generation", r.Generation, "previous", r.Previous, "handlers", r.Handlers, "took", r.Took)
	default:
		log.Info("script loaded", "generation", r.Generation, "handlers", r.Handlers, "took", r.Took)
	}
	if r.Err == nil && !r.Unloaded && r.Handlers == 0 {
		log.Warn("script handles nothing: write a rule, or register a function with on")
	}
	h.opts.OnReload(r)
}

// Status is what is known of one script.
type Status struct {
	Name       string
	Generation string         // that runs; "" when none was ever loaded
	Loaded     time.Time      // when it was
	Handlers   map[string]int // by event
	InFlight   int            // handlers at work, those of older generations included
	LastError  error          // of the last load, nil when it succeeded
}

// Status lists the scripts by name.
func (h *Host) Status() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Status
	for name, s := range h.scripts {
		status := Status{Name: name, LastError: s.err, Handlers: map[string]int{}}
		for _, old := range s.retired {
			status.InFlight += old.busy()
		}
		if rt := s.live; rt != nil {
			status.Generation, status.Loaded = rt.generation, rt.loadedAt
			status.InFlight += rt.busy()
			for _, handler := range rt.handlers {
				status.Handlers[handler.event]++
			}
		}
		list = append(list, status)
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
