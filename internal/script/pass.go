package script

import (
	"errors"
	"fmt"
)

// pass is one scan at work.
type pass struct {
	look
	h         *Host
	from      *reading
	unsettled bool
	emptied   map[string]bool // files that had something in them before
	loaded    map[string]bool
	silent    []Reload // loaded, and handle nothing: modules of others, perhaps
}

// update loads a script unless this is what is loaded, or what failed, already.
func (p *pass) update(f file) {
	h := p.h
	h.mu.Lock()
	s := h.scripts[f.name]
	if s == nil {
		s = &script{}
		h.scripts[f.name] = s
	}
	previous, seen := s.live, s.seen
	h.mu.Unlock()

	now, settled := seen.now(f, p.from)
	result := Reload{Script: f.name, Err: f.err}
	if previous != nil {
		result.Previous = previous.generation
	}
	switch {
	case errors.Is(f.err, errUnsettled), !settled, p.doubts(f.name, seen, now):
		p.wait(result)
		return
	case p.names != nil:
	case seen.equal(now):
		return
	case !p.sure:
		p.wait(result)
		return
	case previous != nil && p.undone(f, previous):
		h.undo(s, previous)
		result.Generation, result.Unchanged, result.Handlers = previous.generation, true, len(previous.handlers)
		h.report(result)
		return
	}
	p.load(f, s, result)
}

// doubts says whether one of a script's files has just become empty, which a
// plain save is for a moment: that is believed when it is seen again.
func (p *pass) doubts(script string, seen, now contents) (doubt bool) {
	for file, digest := range now.modules {
		doubt = p.justEmptied(file, seen.modules[file], digest) || doubt
	}
	return p.justEmptied(script, seen.main, now.main) || doubt
}

func (p *pass) justEmptied(file, was, now string) bool {
	if p.asked || now != emptyDigest || was == emptyDigest || was == "" {
		return false
	}
	p.emptied[file] = true
	return !p.h.emptied[file]
}

// undone says whether a script and its modules are again what runs.
func (p *pass) undone(f file, live *Runtime) bool {
	now, settled := live.modules.contents.now(f, p.from)
	return settled && live.modules.contents.equal(now)
}

// wait leaves a script as it is until its files have been written.
func (p *pass) wait(r Reload) {
	p.unsettled = true
	r.Err = fmt.Errorf("%s %w, and is loaded when it is complete", r.Script, errUnsettled)
	p.h.results = append(p.h.results, r)
}

func (p *pass) load(f file, s *script, result Reload) {
	h := p.h
	began := h.opts.Clock.Now()
	seen := contents{main: f.digest()}
	var fresh *Runtime
	if f.err == nil {
		var unsettled bool
		fresh, seen, unsettled, result.Err = h.load(f, p.from)
		if result.Err != nil && unsettled {
			p.wait(result)
			return
		}
		p.unsettled = p.unsettled || unsettled // and the script does without
		result.Generation = seen.generation()
	}
	if fresh != nil {
		result.Handlers, result.Timers = len(fresh.handlers), fresh.timers()
	}
	h.replace(f.name, s, fresh, seen, result.Err)
	result.Took = h.opts.Clock.Now().Sub(began)
	p.loaded[f.name] = fresh != nil
	if result.Idle() {
		p.silent = append(p.silent, result)
		return
	}
	h.report(result)
}

// unload forgets a script whose file is gone.
func (p *pass) unload(name string) {
	h := p.h
	h.mu.Lock()
	s := h.scripts[name]
	live := s.live
	h.mu.Unlock()
	result := Reload{Script: name, Unloaded: true}
	if live != nil {
		result.Previous = live.generation
	}
	h.replace(name, s, nil, contents{}, nil)
	h.report(result)
}

// cut ends what is left of a script whose file went before, and that goes on.
func (p *pass) cut(name string, left []*Runtime) {
	for _, rt := range left {
		p.h.cut(rt, "script is gone and was reloaded by name, its old generation is closed")
		p.h.report(Reload{Script: name, Unloaded: true, Previous: rt.generation})
	}
}

// end reports the scripts that handle nothing, when it is known which of them
// others require.
func (p *pass) end() {
	p.h.emptied = p.emptied
	for _, r := range p.silent {
		r.Required = p.h.required(r.Script)
		p.h.report(r)
	}
	p.warnTwice()
}

// warnTwice tells of scripts that handle events and are modules of others, in
// whose VMs they do so again: a reply would be sent twice.
func (p *pass) warnTwice() {
	h := p.h
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, s := range h.scripts {
		for file := range s.seen.modules {
			module := h.scripts[file]
			if module == nil || module.live == nil || len(module.live.handlers) == 0 || !p.loaded[name] && !p.loaded[file] {
				continue
			}
			h.log.Warn("script handles events and is required by another, where it handles them again; move it into a folder", "script", file, "by", name)
		}
	}
}

// required says whether a script is a module of another.
func (h *Host) required(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.scripts {
		if _, ok := s.seen.modules[name]; ok {
			return true
		}
	}
	return false
}
