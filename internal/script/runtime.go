package script

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
	"luahost/internal/sandbox"
)

// ErrLoading is what blocking gives while the top level of a script runs.
var ErrLoading = errors.New("this waits, which a script may do in its handlers and not while it loads")

// errTelling is what blocking gives while the __tostring of an error runs that
// nobody caught: the handler has ended.
var errTelling = errors.New("this waits, which the __tostring of an error may not do")

// Runtime is one generation of one script: a VM, and what bindings may know of
// it. But for Script, Generation, Log and Clock, a binding calls its methods
// under the VM's lock, which it holds whenever Lua or Options.Open calls it.
type Runtime struct {
	host       *Host
	script     string
	generation string
	log        *slog.Logger
	loadedAt   time.Time
	alive      context.Context // ends its handlers, with end or kill
	usage      *usage          // of its script
	kill       context.CancelCauseFunc
	urgent     atomic.Int64 // handlers that somebody waits for, and that do not wait themselves
	failed     atomic.Pointer[Failure]
	taken      bool       // it has taken over; guarded by host.mu
	handlers   []*handler // complete once loaded, as is byEvent
	byEvent    map[string][]*handler
	checks     []func() error // of AtLoaded
	armed      []func()       // of AtLive
	undefined  []sandbox.Name // globals that nobody defines
	places     atomic.Int64   // of Limits.InFlight, that its handlers take

	// The VM's lock, which goes from handler to handler, guards every Lua value
	// and the fields that follow it, but for beat.
	turns   turns
	vm      *sandbox.VM
	loading bool
	closed  bool
	sample  []metrics.Sample
	parking sync.Mutex    // held to look into the VM of a handler that is held up
	shut    chan struct{} // closed with the VM
	beat    atomic.Int64  // moves while a handler computes
	modules modules
	weight  weight

	life
}

type handler struct {
	rt    *Runtime
	event string
	file  string
	line  int
	fn    *lua.LFunction
	tag   any
	place int // among those of its script for the same event, from 1; 0: it is a callback's
}

// following is how many handlers of its script come after it for the same event.
func (h *handler) following() int {
	if h.place == 0 {
		return 0
	}
	return len(h.rt.byEvent[h.event]) - h.place
}

// State is the VM's main Lua state: for making values, not for calling
// functions, which would run without a budget.
func (rt *Runtime) State() *lua.LState { return rt.vm.State() }

// Script is the name of the file, such as night.lua.
func (rt *Runtime) Script() string { return rt.script }

// Generation is a short digest of the file's content.
func (rt *Runtime) Generation() string { return rt.generation }

// Log writes with the script and the generation in each line.
func (rt *Runtime) Log() *slog.Logger { return rt.log }

// Clock is the host's clock.
func (rt *Runtime) Clock() clock.Clock { return rt.host.opts.Clock }

// MaxString is how many bytes a text may have that the script makes.
func (rt *Runtime) MaxString() int { return rt.host.opts.Limits.String }

// Loading says whether the top level of the script is running.
func (rt *Runtime) Loading() bool { return rt.loading }

// Context ends when the handler that runs on L has to. It carries the values
// of the context that the event was dispatched with, and FromContext knows it.
func (rt *Runtime) Context(L *lua.LState) context.Context { return taskOf(L).ctx }

// Block runs fn with the VM's lock released, so that the script's other
// handlers go on; fn must not touch Lua. While the script loads it returns
// ErrLoading without running fn, for the binding to raise, as it returns an error
// while an uncaught error says what it is. A handler that was
// cancelled meanwhile ends at its next instruction, whatever fn returned.
func (rt *Runtime) Block(L *lua.LState, fn func(ctx context.Context)) error {
	if rt.loading {
		return ErrLoading
	}
	if sandbox.BudgetOf(L).Telling() {
		return errTelling
	}
	file, line := CallerPlace(L)
	t, current := taskOf(L), L.G.CurrentThread
	t.pause()
	t.unhurry()
	if err := rt.weigh(); err != nil {
		t.end(err) // what it holds while it waits is held for long
	}
	rt.turns.release()
	defer func() { // also when fn panics, which ends the handler like an error
		t.hurry()
		if !rt.turns.acquire(t) {
			t.unhurry()
			t.budget.Abandon()
			runtime.Goexit() // through Lua's Go code, no line of which may touch the VM
		}
		L.G.CurrentThread = current
		if err := t.begin(); err != nil {
			t.end(err)
		}
		t.budget.Resume()
		t.budget.Poll()
	}()
	fn(&blockContext{Context: t.ctx, file: file, at: line})
	return nil
}

// Request is Block for what is asked of others, such as Telegram: a handler that
// asks again and again is slowed down.
func (rt *Runtime) Request(L *lua.LState, fn func(ctx context.Context)) error {
	if rt.loading {
		return ErrLoading
	}
	if pause := taskOf(L).slowDown(); pause > 0 {
		ask := fn
		fn = func(ctx context.Context) {
			_ = clock.Wait(ctx, clock.System{}, pause) // a handler whose context ends, ends
			ask(ctx)
		}
	}
	return rt.Block(L, fn)
}

// On registers fn for events of that name; L's caller is told when it may not.
func (rt *Runtime) On(L *lua.LState, name string, fn *lua.LFunction) {
	if err := rt.host.opts.CheckEvent(name); err != nil && rt.loading {
		L.RaiseError("%v", err)
	}
	rt.Register(L, name, fn, nil)
}

// Register is On for a binding that starts its handlers one by one, by
// Pin.Registered and Pin.Start: the event's name is its own, and tag is what it
// wants to find with the handler again.
func (rt *Runtime) Register(L *lua.LState, event string, fn *lua.LFunction, tag any) {
	if !rt.loading {
		L.RaiseError("%s: handlers are registered while the script loads, not later", event)
	}
	if limit := rt.host.opts.Limits.Handlers; len(rt.handlers) >= limit {
		rt.usage.reached("handlers")
		L.RaiseError("%s: more than %d handlers in one script (limits.handlers)", event, limit)
	}
	file, line := CallerPlace(L)
	rt.handle(&handler{rt: rt, event: event, file: file, line: line, fn: fn, tag: tag})
}

// end ends every handler that is at work.
func (rt *Runtime) end() { rt.kill(closedEnds) }

// MayLog says whether the script may write one more line now, and counts the
// line if not.
func (rt *Runtime) MayLog() bool { return rt.usage.mayLog(rt.host.opts.Clock.Now()) }

// AtLoaded has check called when the top level of the script has run: its error
// refuses the script. It is for what a script may have begun and left unfinished.
func (rt *Runtime) AtLoaded(check func() error) { rt.checks = append(rt.checks, check) }

// AtLive has fn called once, when the script has loaded and in the moment before
// its generation takes over: before anything is dispatched to it, without the
// VM's lock, and in the order of the calls. It is for what would be wrong to do
// for a script that is refused, such as to start a timer.
func (rt *Runtime) AtLive(fn func()) { rt.armed = append(rt.armed, fn) }

// CallerLine is the line of Lua that called the Go function that runs on L.
func CallerLine(L *lua.LState) int {
	for level := 1; ; level++ {
		frame, ok := L.GetStack(level)
		if !ok {
			return 0
		}
		if _, err := L.GetInfo("l", frame, lua.LNil); err == nil && frame.CurrentLine > 0 {
			return frame.CurrentLine
		}
	}
}

// RuntimeOf is the runtime whose script runs on L, for a binding that many VMs
// share.
func RuntimeOf(L *lua.LState) *Runtime { return taskOf(L).rt }

// taskOf is the handler, or the load, that runs on L.
func taskOf(L *lua.LState) *task { return sandbox.BudgetOf(L).Owner.(*task) }
