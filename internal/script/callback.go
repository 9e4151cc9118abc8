package script

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// Callback is a function of a script that somebody starts later, such as a timer.
// It may be used from any goroutine.
//
// How long it lives depends on where it was made:
//
//   - while the script loaded, in a handler of "load", or in a callback that was
//     made there: until its generation is replaced.
//   - in another handler: if it is to be started once, until then, and its
//     generation stays open for it; if again and again, until its generation is
//     replaced.
//   - in a handler that was started through a Pin: once, until then; again and
//     again, until the pin was released and the generation is replaced.
//
// A callback started by a callback counts as made where the first one was.
type Callback struct {
	rt      *Runtime
	handler *handler
	ctx     context.Context // with the values of the handler's that made it
	once    bool
	gone    func()
	keeps   bool // its generation stays open for it

	origin origin // guarded by rt.queue, as is over
	over   bool
}

// Callback makes one of fn, for the handler or the load that runs on L. name is
// the event that its runs are reported as. once says that it is over when it was
// started. gone, unless nil, is called when it ends by itself without that:
// once, without locks, on whichever goroutine ended it.
func (rt *Runtime) Callback(L *lua.LState, name string, fn *lua.LFunction, once bool, gone func()) *Callback {
	t, h := taskOf(L), rt.host
	file, line := CallerPlace(L)
	c := &Callback{
		rt: rt, ctx: valuesOf(t.ctx), once: once, gone: gone, origin: t.origin,
		handler: &handler{rt: rt, event: name, file: file, line: line, fn: fn},
	}
	c.keeps = once && !c.origin.loading
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.origin.pin != nil && c.origin.pin.released {
		c.origin.pin = nil
	}
	rt.queue.Lock()
	defer rt.queue.Unlock()
	if limit := h.opts.Limits.Handlers; len(rt.callbacks) >= limit {
		L.RaiseError("%s: more than %d functions of one script wait (limits.handlers)", name, limit)
	}
	if rt.expired || rt.unloading || rt.retired && !c.keeps && c.origin.pin == nil {
		c.over = true
		if gone != nil {
			h.running.Go(gone) // the handler that runs on L is among them, so nobody has stopped waiting
		}
		return c
	}
	rt.add(c)
	return c
}

// add takes a callback in, with the queue locked.
func (l *life) add(c *Callback) {
	l.callbacks[c] = struct{}{}
	if c.keeps {
		l.holds++
	}
	if pin := c.origin.pin; pin != nil && !c.keeps {
		if l.bound == nil {
			l.bound = map[*Pin]map[*Callback]struct{}{}
		}
		if l.bound[pin] == nil {
			l.bound[pin] = map[*Callback]struct{}{}
		}
		l.bound[pin][c] = struct{}{}
	}
}

// Start starts the function as one handler's run, with the values of the
// context in which the callback was made: its call, its account. It waits for
// nothing. False says that it was refused: the callback is over, its script has
// not taken over yet or has too many handlers at work, or the host is about to
// end. ended is Pin.Start's.
func (c *Callback) Start(args func(rt *Runtime, L *lua.LState) []lua.LValue, ended func(Run)) bool {
	h, rt := c.rt.host, c.rt
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || !rt.taken {
		return false
	}
	rt.queue.Lock()
	defer rt.queue.Unlock()
	ev := Event{Name: c.handler.event, Args: args}
	if c.over || !rt.admit(ev) {
		return false
	}
	t := &task{rt: rt, handler: c.handler, from: c.ctx, event: ev, queued: h.opts.Clock.Now(), done: ended, origin: c.origin}
	rt.inflight++
	if c.once {
		rt.remove(c)
	}
	h.running.Add(1)
	rt.turns.begin(t)
	return true
}

// Release ends the callback, if it is not over; a run that has begun goes on. It
// may be called under the lock of the callback's own VM, not of another.
func (c *Callback) Release() {
	rt := c.rt
	rt.queue.Lock()
	last := false
	if !c.over {
		rt.remove(c)
		last = c.keeps && rt.unused()
	}
	rt.queue.Unlock()
	if last {
		rt.host.finish(rt)
	}
}
