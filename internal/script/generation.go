package script

import (
	"context"
	"sync/atomic"
	"time"
)

// What a script may do when it has taken over, and before it goes.
const (
	eventLoad   = "load"
	eventUnload = "unload"
)

// unloadWithin is how long the handlers of "unload" may take before the VM is
// closed under them.
const unloadWithin = 5 * time.Second

// handle takes in a handler while the script loads.
func (rt *Runtime) handle(h *handler) {
	rt.handlers = append(rt.handlers, h)
	of := append(rt.byEvent[h.event], h)
	rt.byEvent[h.event] = of
	h.place = len(of)
}

// arm calls what AtLive has left, when nothing can go wrong any more.
func (rt *Runtime) arm() {
	rt.host.mu.Lock()
	rt.taken = true
	rt.host.mu.Unlock()
	for _, fn := range rt.armed {
		fn()
	}
	rt.armed = nil
}

// succeed lets the old generation go, on which nothing is dispatched from here
// on, and tells the new one that it is live. Either may be nil. The new one's
// "load" comes after the "unload" of the old, unless that has work to finish.
func (h *Host) succeed(old, fresh *Runtime) {
	if old == nil {
		h.begin(fresh)
		return
	}
	over, last := old.retire(fresh)
	endAll(over)
	if last {
		h.finish(old)
		return
	}
	h.limit(old)
	h.begin(fresh)
}

// begin starts the handlers of "load".
func (h *Host) begin(rt *Runtime) {
	if rt == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.scripts[rt.script]; s != nil && s.live == rt {
		h.dispatch(context.Background(), Event{Name: eventLoad}, rt.byEvent[eventLoad], origin{loading: true}, nil)
	}
}

// finish closes a generation that was replaced and has nothing left to do, once
// its handlers of "unload" have run: the last of them comes back here.
func (h *Host) finish(rt *Runtime) {
	if h.sayUnloadTo(rt) > 0 {
		return
	}
	rt.close()
	h.mu.Lock()
	delete(h.retired, rt)
	h.mu.Unlock()
	rt.queue.Lock()
	successor := rt.successor
	rt.successor = nil
	rt.queue.Unlock()
	h.begin(successor)
}

// sayUnloadTo starts the handlers of "unload" of a generation, once, and says how
// many; 0 also when all of them have ended already.
func (h *Host) sayUnloadTo(rt *Runtime) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	handlers := rt.unloads()
	if len(handlers) == 0 {
		return 0
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	limit := h.opts.Clock.AfterFunc(unloadWithin, func() { cancel(unloadEnds) })
	var left atomic.Int32
	left.Store(int32(len(handlers)))
	rt.hold() // none is the last before all of them have been started
	started := h.dispatch(ctx, Event{Name: eventUnload}, handlers, origin{loading: true}, func(Run) {
		if left.Add(-1) == 0 {
			limit.Stop()
			cancel(nil)
		}
	})
	if rt.leave() {
		return 0
	}
	return started
}

// unloads gives the handlers of "unload" once.
func (rt *Runtime) unloads() []*handler {
	rt.queue.Lock()
	defer rt.queue.Unlock()
	if rt.unloading {
		return nil
	}
	rt.unloading = true
	return rt.byEvent[eventUnload]
}

// limit ends a generation that was replaced when it has lived on for too long.
func (h *Host) limit(rt *Runtime) {
	rt.queue.Lock()
	defer rt.queue.Unlock()
	if rt.expiry == nil {
		rt.expiry = h.opts.Clock.AfterFunc(h.opts.Limits.OldGenerations, func() { h.expire(rt) })
	}
}

// expire closes a generation that still has something to do. The clock calls
// it, which nothing may hold up, so the VM is waited for elsewhere.
func (h *Host) expire(rt *Runtime) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return
	}
	h.running.Go(func() { h.cut(rt, "old generation closed at its limit", "limit", h.opts.Limits.OldGenerations) })
}

// cut ends what an old generation has left to do, and says why.
func (h *Host) cut(rt *Runtime, why string, attrs ...any) {
	over, inflight, pins, last := rt.expire()
	rt.log.Warn(why+", with what it had left to do", append(attrs, "handlers", inflight, "calls", pins, "timers", len(over))...)
	endAll(over)
	rt.end()
	if last {
		h.finish(rt)
	}
}

// leftover lists the old generations of scripts whose files are gone, by name.
func (h *Host) leftover() map[string][]*Runtime {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := map[string][]*Runtime{}
	for rt := range h.retired {
		if h.scripts[rt.script] == nil {
			left[rt.script] = append(left[rt.script], rt)
		}
	}
	return left
}

// close closes the VM and ends the callbacks. It waits for the VM's lock.
func (rt *Runtime) close() {
	rt.queue.Lock()
	rt.expired = true
	over := rt.drop()
	if rt.expiry != nil {
		rt.expiry.Stop()
	}
	rt.queue.Unlock()
	rt.end()
	endAll(over)
	if closer := (&task{rt: rt}); !rt.turns.acquire(closer) {
		return // whoever has the VM never gives it back
	}
	defer rt.turns.release()
	if rt.closed {
		return
	}
	rt.closed = true
	rt.vm.Close()
	rt.modules.loaded, rt.checks = nil, nil
	rt.queue.Lock()
	for _, h := range rt.handlers {
		h.fn, h.tag = nil, nil // pins know the handlers for longer
	}
	rt.queue.Unlock()
	close(rt.shut)
}

// origin is what brought a handler about, which decides how long the callbacks
// live that it makes.
type origin struct {
	loading bool // the load itself, "load", or a callback made there
	pin     *Pin // through which the event was dispatched
}

// endAll tells whoever made them that callbacks ended by themselves.
func endAll(over []*Callback) {
	for _, c := range over {
		if c.gone != nil {
			c.gone()
		}
	}
}
