package script

import (
	"errors"
	"maps"
	"slices"
	"strings"
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

// Reload loads the named scripts, with or without .lua, afresh from their files,
// also when these have not changed or a script is held; without names, or with
// an empty one, it reads the folder and loads what has changed. It returns what
// became of each, by name. The error is about the folder, or a name that is no
// script's: then nothing is loaded.
func (h *Host) Reload(names ...string) ([]Reload, error) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	h.results = nil
	for _, name := range names {
		if name != "" && !strings.HasSuffix(name, ".lua") {
			name += ".lua"
		}
		h.mu.Lock()
		if s := h.scripts[name]; s != nil {
			s.seen = ""
		}
		h.mu.Unlock()
	}
	_, err := h.scan(true)
	return h.results, err
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
	if fresh != nil {
		h.mu.Lock()
		fresh.taken = true
		h.mu.Unlock()
		for _, fn := range fresh.armed {
			fn()
		}
	}
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
		h.retired[old] = true
	}
	h.mu.Unlock()
	h.succeed(old, fresh)
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
	h.results = append(h.results, r)
	h.opts.OnReload(r)
}
