package script

import (
	"context"
	"sync/atomic"
	"time"

	"luahost/internal/sandbox"
)

// work is how far a handler has come whose turn has come.
type work struct {
	ctx    context.Context
	end    context.CancelCauseFunc
	budget sandbox.Budget
	began  time.Time     // zero until it has touched the VM
	gone   chan struct{} // of a load: closed when it was written off

	counted  atomic.Int64          // instructions, as of the last poll
	parked   atomic.Bool           // it waits for a core or for memory; changed under Runtime.parking
	core     atomic.Pointer[cores] // of which it has one; nil: none
	waited   time.Duration         // for cores, among the heavy
	requests int
	looked   int  // how far it was when it looked at the heap
	observed bool // by the watchdog
}

// open gives t what it needs to work, unless it has that.
func (t *task) open() {
	if t.work != nil {
		return
	}
	t.work = &work{}
	if t.handler == nil { // it only has the VM for a moment
		return
	}
	rt, to := t.rt, t.handler
	alive := rt.alive
	if t.event.Name == eventUnload {
		alive = rt.host.alive // what it has to do comes after its generation's end
	}
	t.ctx, t.end = newTaskContext(alive, t.from, Handler{
		Script: rt.script, Generation: rt.generation, Event: to.event, File: to.file, Line: to.line, Tag: to.tag,
	})
	t.budget = rt.vm.Budget(t.ctx, t)
}

const (
	// freeRequests is how many requests a handler may make before it is slowed down.
	freeRequests = 2
	// requestsPerSecond is how many further ones the handlers of a script may make in
	// a second, with twice as many at once: a loop of requests costs little of Lua, and
	// much of everything else.
	requestsPerSecond = 100
	// slowedDown is what it costs to be slowed down, in instructions.
	slowedDown = 1000
)

// slowDown is how long a handler waits before it may make one more request. A handler that
// has to pays for it, so that it comes to its end.
func (t *task) slowDown() time.Duration {
	if t.requests++; t.requests <= freeRequests {
		return 0
	}
	pause := t.rt.usage.requests.Reserve().Delay()
	if pause > 0 {
		t.budget.Charge(slowedDown)
	}
	return pause
}

// account adds the instructions that the handler has used since the last time to
// its script's.
func (t *task) account() {
	used := int64(t.budget.Used())
	fresh := used - t.counted.Load()
	if fresh < 0 { // of an error's __tostring, which has a budget of its own
		fresh = used
	}
	t.counted.Store(used)
	t.rt.usage.computed.Add(fresh)
	t.rt.weight.computed += fresh
}

// park says that the handler is held up, with its VM; until unpark others may look
// into the VM.
func (t *task) park() {
	t.budget.Pause()
	t.rt.parking.Lock()
	defer t.rt.parking.Unlock()
	t.parked.Store(true)
}

func (t *task) unpark() {
	t.rt.parking.Lock()
	t.parked.Store(false)
	t.rt.parking.Unlock()
	t.budget.Resume()
}

// pause stops the handler's time and lets its core go: it waits, or has ended.
func (t *task) pause() {
	t.budget.Pause()
	t.account()
	t.giveCore()
}
