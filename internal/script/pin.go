package script

import "context"

// Pin is the scripts as they were at one moment. Whatever is dispatched through
// it goes to the generations that were live then, however often the files have
// changed since: so a call stays with the rules that it began with. The
// generations stay open until Release. A Pin may be used from any goroutine.
type Pin struct {
	host     *Host
	live     *generations
	released bool // guarded by host.mu
}

// Pin holds on to the generations that are live now.
func (h *Host) Pin() *Pin {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rt := range h.live.runtimes {
		rt.pin()
	}
	return &Pin{host: h, live: h.live}
}

// Release lets the generations go; it is called once. What is dispatched after
// it goes to the generations that are live then, and nothing is started.
func (p *Pin) Release() {
	p.host.mu.Lock()
	p.released = true
	p.host.mu.Unlock()
	for _, rt := range p.live.runtimes {
		over, last := rt.unpin(p)
		endAll(over)
		if last {
			p.host.finish(rt)
		}
	}
}

// Dispatch is Host.Dispatch for the pinned generations.
func (p *Pin) Dispatch(ctx context.Context, ev Event) int {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	if p.released {
		return p.host.dispatch(ctx, ev, p.host.live.handlers[ev.Name], origin{}, nil)
	}
	return p.host.dispatch(ctx, ev, p.live.handlers[ev.Name], origin{pin: p}, nil)
}

// Registered is one handler of a pinned generation.
type Registered struct {
	Script     string
	Generation string
	File       string // where it was registered: the script, or a module of it
	Line       int
	Tag        any

	handler *handler
}

// Module is File where that is a module, and else "".
func (r Registered) Module() string { return moduleOf(r.Script, r.File) }

// Registered lists the handlers of an event, in the order of file name and
// registration.
func (p *Pin) Registered(event string) []Registered {
	handlers := p.live.handlers[event]
	list := make([]Registered, len(handlers))
	for i, h := range handlers {
		list[i] = Registered{Script: h.rt.script, Generation: h.rt.generation, File: h.file, Line: h.line, Tag: h.tag, handler: h}
	}
	return list
}

// Start starts one handler, and waits for nothing. ended, unless nil, is called
// once on the handler's goroutine, after Options.OnHandler and without the VM's
// lock. The host being about to end, or the pin released, nothing is started and
// Start is false.
func (p *Pin) Start(ctx context.Context, r Registered, ev Event, ended func(Run)) bool {
	h := p.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || p.released {
		return false
	}
	return h.start(ctx, r.handler, ev, origin{pin: p}, ended)
}
