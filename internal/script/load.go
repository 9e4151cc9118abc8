package script

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"luahost/internal/nearest"
)

// Load reads the folder and loads every script in it. A script that is broken
// is logged, kept in Status and tried again when it changes; the error is about
// the folder itself.
func (h *Host) Load() error {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	_, err := h.scan(look{sure: true, asked: true})
	return err
}

// Reload loads the named scripts, with or without .lua, afresh from their files,
// also when these have not changed or a script is held; without names, or with
// an empty one, it reads the folder and loads what has changed. It returns what
// became of each, by name. What goes on of a script that was named and whose file is
// gone is ended. The error is about the folder, or a name that is no script's: then
// nothing is loaded.
func (h *Host) Reload(names ...string) ([]Reload, error) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	_, err := h.scan(look{sure: true, asked: true, names: fileNames(names)})
	slices.SortFunc(h.results, func(a, b Reload) int { return strings.Compare(a.Script, b.Script) })
	return h.results, err
}

// fileNames are the names of scripts with .lua; nil stands for all of them.
func fileNames(names []string) map[string]bool {
	var files map[string]bool
	for _, name := range names {
		if name == "" {
			return nil
		}
		if files == nil {
			files = map[string]bool{}
		}
		files[strings.TrimSuffix(name, ".lua")+".lua"] = true
	}
	return files
}

// look is what a scan is to do.
type look struct {
	sure  bool            // the folder has been left alone: what is changed, or missing, is complete
	asked bool            // somebody said so: what is empty is meant to be
	names map[string]bool // scripts to load, whether or not they have changed; nil: all that have
}

// scan brings what is loaded in line with the folder, with reloading held. It
// says whether the folder is to be read again soon, because a save in several
// steps may be between them: a file was being written, or has become empty, or
// is not as it was and nobody knows for how long. The first look is believed.
func (h *Host) scan(l look) (unsettled bool, err error) {
	h.results = nil
	if h.alive.Err() != nil {
		return false, errors.New("the scripts' host has ended")
	}
	files, err := readFolder(h.opts.Dir, h.opts.Limits.Source)
	if err != nil {
		return false, err
	}
	from, err := newReading(h.opts.Dir, h.opts.Limits.Source)
	if err != nil {
		return false, err
	}
	defer from.close()
	gone, left := h.known(), h.leftover()
	if err := unknown(l.names, files, gone, left); err != nil {
		return false, err
	}
	if !h.loaded && len(files) == 0 {
		h.log.Warn("no scripts yet", "dir", h.opts.Dir)
	}
	l.sure = l.sure || !h.loaded
	h.loaded = true
	pass := pass{look: l, h: h, from: from, emptied: map[string]bool{}, loaded: map[string]bool{}}
	defer pass.end()
	for _, f := range files {
		delete(gone, f.name)
		delete(left, f.name) // it is back, and what it left before goes on
		if l.names == nil || l.names[f.name] {
			pass.update(f)
		}
	}
	if !l.sure {
		return pass.unsettled || len(gone) > 0, nil
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if l.names == nil || l.names[name] {
			pass.unload(name)
		}
	}
	for name, old := range left {
		if l.names[name] {
			pass.cut(name, old)
		}
	}
	return pass.unsettled, nil
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

// unknown is the error of a name of which nothing is loaded, nor in the folder.
func unknown(named map[string]bool, files []file, known map[string]bool, left map[string][]*Runtime) error {
	all := slices.AppendSeq(slices.Collect(maps.Keys(known)), maps.Keys(left))
	for _, f := range files {
		all = append(all, f.name)
	}
	slices.Sort(all)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no script %s%s", name, nearest.Hint(name, all))
		}
	}
	return nil
}

// undo forgets the error of an edit that was taken back.
func (h *Host) undo(s *script, live *Runtime) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.err, s.seen = nil, live.modules.contents
}

// replace puts a fresh generation in the old one's place, in one step for
// Dispatch; without a fresh one and without an error the script goes.
func (h *Host) replace(name string, s *script, fresh *Runtime, seen contents, err error) {
	if fresh != nil {
		fresh.arm()
	}
	h.mu.Lock()
	s.seen, s.err = seen, err
	if err != nil {
		h.mu.Unlock()
		return
	}
	s.trouble.loaded()
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
	if fresh != nil {
		fresh.usage.renew(h.log.With("script", name))
	}
	h.succeed(old, fresh)
}

// index lists what is live, anew for every replacement.
func (h *Host) index() *generations {
	live := &generations{handlers: map[string][]*handler{}}
	for _, name := range slices.Sorted(maps.Keys(h.scripts)) {
		if rt := h.scripts[name].live; rt != nil {
			live.runtimes = append(live.runtimes, rt)
			for event, handlers := range rt.byEvent {
				live.handlers[event] = append(live.handlers[event], handlers...)
			}
		}
	}
	return live
}

func (h *Host) report(r Reload) {
	log := h.log.With("script", r.Script)
	switch {
	case r.Unloaded && r.Previous == "":
		log.Info("script is gone, and was not loaded")
	case r.Unloaded:
		log.Info("script unloaded", "generation", r.Previous)
	case r.Unchanged:
		log.Info("script is again what runs, nothing reloaded", "generation", r.Generation)
	case r.Err != nil && r.Previous != "":
		log.Error("script not reloaded, the old one goes on",
			append([]any{"generation", r.Previous, "refused", r.Generation, "error", r.Err}, whence(r.Err)...)...)
	case r.Err != nil:
		log.Error("script not loaded", append([]any{"generation", r.Generation, "error", r.Err}, whence(r.Err)...)...)
	case r.Previous != "":
		log.Info("script reloaded", "generation", r.Generation, "previous", r.Previous, "handlers", r.Handlers, "took", r.Took)
	default:
		log.Info("script loaded", "generation", r.Generation, "handlers", r.Handlers, "took", r.Took)
	}
	if r.Idle() {
		log.Warn("script handles nothing: write a rule, or register a function with on")
	}
	h.results = append(h.results, r)
	h.opts.OnReload(r)
}
