package script

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// Event is something that scripts may have handlers for.
type Event struct {
	Name string
	// Args makes a handler's arguments, once per handler and under the lock of
	// its VM, so that each script gets its own. Nil: none.
	Args func(rt *Runtime, L *lua.LState) []lua.LValue
	// Urgent says that somebody waits for a decision: a handler that is started alone,
	// and those of scripts that are known to decide (Host.Decides), go before others as
	// long as they do not wait themselves and compute little.
	Urgent bool
}

// Handler says on whose behalf something happens.
type Handler struct {
	Script     string
	Generation string
	Event      string // "" while the script loads
	File       string // where the handler was registered: the script, or a module of it
	Line       int
	AtFile     string // where it waits, in Block; else "" and 0
	At         int
	Tag        any // of Register; nil for a handler of On
}

// Place is where it waits, or else where the handler was registered.
func (h Handler) Place() (file string, line int) {
	if h.At > 0 {
		return h.AtFile, h.At
	}
	return h.File, h.Line
}

// FromContext is the handler that a context of Runtime.Context or Runtime.Block
// belongs to.
func FromContext(ctx context.Context) (Handler, bool) {
	h, ok := ctx.Value(handlerKey{}).(Handler)
	return h, ok
}

type handlerKey struct{}

// OfFailure says whether a line of the log, by its context, tells how a handler ended,
// which Options.OnHandler is told of as well.
func OfFailure(ctx context.Context) bool { return ctx.Value(failureKey{}) != nil }

type failureKey struct{}

// task is one handler for one event, or a script that loads. It is small until its
// turn comes: thousands may wait for a VM, and the collector has to look at them all.
type task struct {
	rt      *Runtime
	handler *handler        // nil for a load
	from    context.Context // that the event was dispatched with
	event   Event
	queued  time.Time
	done    func(Run) // nil, or whoever waits for its end
	origin  origin

	wake    chan bool   // its turn has come again, or never will; nil while it has not waited for that
	urgent  atomic.Bool // somebody waits for it, and it does not wait itself
	settled atomic.Bool // it has ended, or was written off
	*work               // nil until its turn comes
}

// Dispatch starts every handler of the event, in the order of their scripts'
// names and of their registration, and returns how many. It waits for none of
// them and for no VM. The handlers are cancelled when ctx ends, or the host.
func (h *Host) Dispatch(ctx context.Context, ev Event) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dispatch(ctx, ev, h.live.handlers[ev.Name], origin{}, nil)
}

// DispatchTo is Dispatch for the handlers of one script only, named with .lua. It
// returns 0 when none is loaded under that name, or it has no handler, and -1 when
// it has some and none can be started now. ended, unless nil, is called for each
// handler as Pin.Start calls it.
func (h *Host) DispatchTo(ctx context.Context, script string, ev Event, ended func(Run)) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.scripts[script]
	if s == nil || s.live == nil {
		return 0
	}
	handlers := s.live.byEvent[ev.Name]
	started := h.dispatch(ctx, ev, handlers, origin{}, ended)
	if started == 0 && len(handlers) > 0 {
		return -1
	}
	return started
}

// Decides says that a script, named with .lua, has decided what somebody waited for:
// it is waited for from now on.
func (h *Host) Decides(script string) { h.usageOf(script).decides.Store(true) }

// dispatch starts handlers of a generation that is not closed, with h.mu held.
func (h *Host) dispatch(ctx context.Context, ev Event, handlers []*handler, from origin, ended func(Run)) int {
	if h.closing || len(handlers) == 0 {
		return 0
	}
	started, urgent := 0, ev.Urgent
	for i := 0; i < len(handlers); i++ {
		ev.Urgent = urgent && handlers[i].rt.usage.decides.Load()
		if h.start(ctx, handlers[i], ev, from, ended) {
			started++
			continue
		}
		follow := handlers[i].following() // refused as well, and there may be thousands
		handlers[i].rt.usage.turnedAway.Add(int64(follow))
		i += follow
	}
	return started
}

// start starts one handler, unless its generation has ended or its script has
// too many at work, with h.mu held.
func (h *Host) start(ctx context.Context, to *handler, ev Event, from origin, ended func(Run)) bool {
	if !to.rt.admit(ev) {
		return false
	}
	if !to.rt.enter(ev.Name) {
		to.rt.vacate()
		return false
	}
	t := &task{rt: to.rt, handler: to, from: ctx, event: ev, queued: h.opts.Clock.Now(), done: ended, origin: from}
	h.running.Add(1)
	t.hurry()
	to.rt.turns.begin(t)
	return true
}

// serve runs a handler whose turn it is.
func (t *task) serve() {
	err := error(ErrStuck) // of its VM, which Block does not come back to
	defer func() { t.rt.host.ended(t, err) }()
	err = t.run()
}

// growStack makes room on a new goroutine's stack at once. A handler needs some
// 20 KB for Lua's interpreter and what it calls, which the runtime would reach by
// doubling, with a deeper stack to copy each time.
//
//go:noinline
func growStack(at int) byte {
	var room [20 << 10]byte
	return room[at]
}

func (t *task) run() error {
	rt := t.rt
	defer rt.turns.release()
	if err := sandbox.Ended(t.ctx); err != nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	growStack(0)
	rt.turns.began(t, rt.host.opts.Clock.Now())
	L := rt.vm.Thread()
	rt.vm.Enter(L, &t.budget)
	err := t.handle(L)
	t.pause()
	rt.vm.Leave(L, err == nil)
	if err == nil {
		err = rt.weigh() // what it leaves behind
	}
	return err
}

// handle calls the handler on L. Nothing that a script or a binding does gets
// past it.
func (t *task) handle(L *lua.LState) (err error) {
	defer func() { // a panic of Args; those below PCall are its errors
		if r := recover(); r != nil {
			err = sandbox.Panicked("make the arguments", r)
		}
	}()
	var args []lua.LValue
	if t.event.Args != nil {
		args = t.event.Args(t.rt, L)
	}
	L.Push(t.handler.fn)
	for _, arg := range args {
		L.Push(arg)
	}
	return t.rt.vm.Call(L, len(args))
}

// ended lets go of a handler's VM and reports it, unless it was written off:
// whoever is told can see in Status that it has ended.
func (h *Host) ended(t *task, err error) {
	if !t.settled.CompareAndSwap(false, true) {
		return
	}
	defer h.running.Done()
	t.unhurry()
	t.open() // its VM was abandoned before its turn came
	t.end(nil)
	h.memory.forget(t)
	rt := t.rt
	if err != nil {
		h.logFault(t, err)
		h.exhausted(t, err)
	}
	now, began := h.opts.Clock.Now(), t.began
	if began.IsZero() {
		began = now
	}
	run := Run{
		Event: t.event.Name, Script: rt.script, File: t.handler.file, Line: t.handler.line, Generation: rt.generation,
		Queued: began.Sub(t.queued), Took: now.Sub(began), Err: err, Context: t.ctx,
	}
	rt.vacate()
	if rt.leave() {
		h.finish(rt)
	}
	h.opts.OnHandler(run)
	if t.done != nil {
		t.done(run)
	}
}

// logFault tells an error once, and counts it from then on. What is told counts as
// lines of the script's.
func (h *Host) logFault(t *task, err error) {
	rt, now := t.rt, h.opts.Clock.Now()
	if !errors.Is(err, context.Canceled) {
		rt.failed.Store(&Failure{now, t.event.Name, err.Error()})
	}
	tell, times := rt.usage.fault(faultKey{t.event.Name, t.handler.line, err.Error()}, now)
	if !tell || !rt.usage.mayLog(now) {
		return
	}
	attrs := []any{"event", t.event.Name}
	if file := moduleOf(rt.script, t.handler.file); file != "" {
		attrs = append(attrs, "file", file)
	}
	attrs = append(attrs, "line", t.handler.line, "error", err)
	ctx := context.WithValue(t.ctx, failureKey{}, true)
	switch {
	case times > 1:
		rt.log.ErrorContext(ctx, "handler failed again", append(attrs, "times", times)...)
	case errors.Is(err, context.Canceled):
		rt.log.InfoContext(ctx, "handler ended early", attrs...)
	default:
		rt.log.ErrorContext(ctx, "handler failed", append(attrs, whence(err)...)...)
	}
}

// whence is what the log says of an error beside its text: the limit that was reached, by
// the name that the configuration has for it, the line of the script, and the calls that
// led there.
func whence(err error) (attrs []any) {
	if limit := limitOf(err); limit != "" {
		attrs = append(attrs, "limit", "limits."+limit)
	}
	var fault *sandbox.Error
	if !errors.As(err, &fault) {
		return attrs
	}
	if fault.Source != "" {
		attrs = append(attrs, "source", fault.Source)
	}
	if fault.Traceback != "" {
		attrs = append(attrs, "traceback", fault.Traceback)
	}
	return attrs
}
