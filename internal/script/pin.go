package script

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Pin is the scripts as they were at one moment. Whatever is dispatched through
// it goes to the generations that were live then, however often the files have
// changed since: so a call stays with the rules that it began with. The
// generations stay open until Release. A Pin may be used from any goroutine.
type Pin struct {
	host     *Host
	live     *generations // guarded by host.mu, as is released
	released bool

	busy  atomic.Int64 // handlers that were started through it and have not ended, and one until Release
	quiet func()
}

// Pin holds on to the generations that are live now.
func (h *Host) Pin() *Pin {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rt := range h.live.runtimes {
		rt.pin()
	}
	p := &Pin{host: h, live: h.live}
	p.busy.Store(1)
	return p
}

// WhenQuiet has fn called once the pin was released and all handlers that were
// started through it have ended, on whichever goroutine is last. It is called once,
// before Release.
func (p *Pin) WhenQuiet(fn func()) { p.quiet = fn }

// leave counts n handlers that have ended, or that were not started.
func (p *Pin) leave(n int) {
	if n > 0 && p.busy.Add(int64(-n)) == 0 && p.quiet != nil {
		p.quiet()
	}
}

// Release lets the generations go; it is called once. What is dispatched after
// it goes to the generations that are live then, and nothing is started.
func (p *Pin) Release() {
	p.host.mu.Lock()
	live := p.live
	p.released, p.live = true, &generations{} // a call may be remembered for long, and its pin with it
	p.host.mu.Unlock()
	for _, rt := range live.runtimes {
		over, last := rt.unpin(p)
		endAll(over)
		if last {
			p.host.finish(rt)
		}
	}
	p.leave(1)
}

// Dispatch is Host.Dispatch for the pinned generations.
func (p *Pin) Dispatch(ctx context.Context, ev Event) int {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	if p.released {
		return p.host.dispatch(ctx, ev, p.host.live.handlers[ev.Name], origin{}, nil)
	}
	handlers := p.live.handlers[ev.Name]
	p.busy.Add(int64(len(handlers)))
	started := p.host.dispatch(ctx, ev, handlers, origin{pin: p}, func(Run) { p.leave(1) })
	p.leave(len(handlers) - started) // the pin is not released, so this is not the last
	return started
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

// Log writes with the script and the generation in each line.
func (r Registered) Log() *slog.Logger { return r.handler.rt.log }

// Module is File where that is a module, and else "".
func (r Registered) Module() string { return moduleOf(r.Script, r.File) }

// Heavy says whether the script has computed for long in the last seconds, so that
// its handlers may wait for each other.
func (r Registered) Heavy() bool { return r.handler.rt.usage.heavy() }

// Registered lists the handlers of an event, in the order of file name and
// registration, without those of generations that start nothing any more; none once the
// pin was released.
func (p *Pin) Registered(event string) []Registered {
	p.host.mu.Lock()
	handlers := p.live.handlers[event]
	p.host.mu.Unlock()
	return registered(handlers)
}

// Registered is Pin.Registered for the generations that are live now.
func (h *Host) Registered(event string) []Registered {
	h.mu.Lock()
	handlers := h.live.handlers[event]
	h.mu.Unlock()
	return registered(handlers)
}

func registered(handlers []*handler) []Registered {
	list := make([]Registered, 0, len(handlers))
	for _, h := range handlers {
		if tag, ok := h.tagged(); ok {
			list = append(list, Registered{Script: h.rt.script, Generation: h.rt.generation, File: h.file, Line: h.line, Tag: tag, handler: h})
		}
	}
	return list
}

// tagged gives the tag, unless the generation has ended, which the tag ends with.
func (h *handler) tagged() (tag any, ok bool) {
	h.rt.queue.Lock()
	defer h.rt.queue.Unlock()
	return h.tag, !h.rt.expired
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
	p.busy.Add(1)
	started := h.start(ctx, r.handler, ev, origin{pin: p}, func(run Run) {
		if ended != nil {
			ended(run)
		}
		p.leave(1)
	})
	if !started {
		p.leave(1)
	}
	return started
}
