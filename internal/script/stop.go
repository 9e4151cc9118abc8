package script

import (
	"context"
	"sync"
)

// stop has every generation hear of its end, ends every handler and closes every
// VM.
func (h *Host) stop() {
	h.sayUnload()
	h.kill(hostEnds)
	h.running.Wait()
	h.reloading.Lock() // a load that was under way has been ended too
	defer h.reloading.Unlock()
	h.mu.Lock()
	open := h.open()
	h.scripts, h.live, h.retired = map[string]*script{}, &generations{}, map[*Runtime]bool{}
	h.mu.Unlock()
	for _, rt := range open {
		rt.close()
	}
}

// sayUnload runs the handlers of "unload", within their time. Nothing else starts
// from here on.
func (h *Host) sayUnload() {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer h.opts.Clock.AfterFunc(unloadWithin, func() { cancel(unloadEnds) }).Stop()
	var said sync.WaitGroup
	defer said.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rt := range h.open() {
		for _, handler := range rt.unloads() {
			said.Add(1)
			if !h.start(ctx, handler, Event{Name: eventUnload}, origin{loading: true}, func(Run) { said.Done() }) {
				said.Done()
			}
		}
	}
	h.closing = true
}

// open lists the generations that are not closed, with h.mu held.
func (h *Host) open() []*Runtime {
	var open []*Runtime
	for _, s := range h.scripts {
		if s.live != nil {
			open = append(open, s.live)
		}
	}
	for rt := range h.retired {
		open = append(open, rt)
	}
	return open
}
