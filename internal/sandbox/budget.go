package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// What ends a piece of work that goes beyond its limits.
var (
	ErrInstructions = errors.New("too many instructions")
	ErrTime         = errors.New("too slow")
	ErrDepth        = errors.New("stack overflow")
	ErrText         = errors.New("too long a text")
	ErrPattern      = errors.New("too slow a pattern")
)

// pollEvery is after how many instructions a budget asks whether the work has
// to end, and Options.Poll.
const pollEvery = 256

// Budget is the context that the Lua threads of one piece of work run with.
// gopher-lua asks Done before every instruction, so it counts them. What it
// ends with stays: the instruction after a pcall that swallowed the error raises
// it again, until none is left. It is touched under the VM's lock only and goes
// to gopher-lua alone; bindings get the real context.
type Budget struct {
	context.Context     // of the work
	Owner           any // whoever needs to find the work from its Lua state

	vm    *VM
	tick  int // instructions that may happen before the next poll
	given int // instructions that were handed out; those of tick are not used yet
	limit int
	depth int // coroutines that are resumed within each other
	over  error

	time    time.Duration // that it may run
	ran     time.Duration // before since
	since   time.Time     // it runs, unless zero
	telling bool          // it has ended, and says why
	gone    bool          // it has lost the VM
}

// Budget gives what a piece of work of the VM may use. The work is ended when
// ctx ends. Its time begins with VM.Enter.
func (vm *VM) Budget(ctx context.Context, owner any) Budget {
	return Budget{Context: ctx, Owner: owner, vm: vm, limit: vm.limits.Instructions, time: vm.limits.Time}
}

// BudgetOf is the budget that L runs on.
func BudgetOf(L *lua.LState) *Budget { return L.Context().(*Budget) }

// Done counts an instruction. Nil, which is never ready, lets it happen.
func (b *Budget) Done() <-chan struct{} {
	if b.tick--; b.tick >= 0 {
		return nil
	}
	return b.refill()
}

// refill hands out the instructions up to the next poll, of which it takes the
// one that is about to happen.
func (b *Budget) refill() <-chan struct{} {
	b.tick = 0
	if b.Poll(); b.over != nil {
		return closed
	}
	n := min(pollEvery, b.limit-b.given)
	b.given += n
	b.tick = n - 1
	return nil
}

// Poll finds out whether the work has to end, as after a wait.
func (b *Budget) Poll() {
	if b.over == nil {
		b.over = b.why()
	}
	if b.over != nil { // no instruction is left
		b.given -= b.tick
		b.tick = 0
	}
}

// why the work has to end, if it has to.
func (b *Budget) why() error {
	switch {
	case b.Context.Err() != nil:
		return Ended(b.Context)
	case b.Used() >= b.limit:
		return fmt.Errorf("%w: more than %d (limits.instructions)", ErrInstructions, b.limit)
	case b.Ran() > b.time:
		return fmt.Errorf("%w: it ran for more than %s (limits.time)", ErrTime, b.time)
	case b.vm.poll != nil && !b.telling:
		return b.vm.poll(b)
	default:
		return nil
	}
}

// Ended is the error of work whose context has ended; nil if it has not.
func Ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("the handler was ended: %w", cause)
	}
	return cause
}

// Err is why the work has to end.
func (b *Budget) Err() error { return b.over }

// Telling says whether the work has ended, and only says why: the __tostring of
// its error runs.
func (b *Budget) Telling() bool { return b.telling }

// Abandon says that the work has lost the VM's lock for good. What is left of it on
// Go's stack ends, and leaves the VM alone.
func (b *Budget) Abandon() { b.gone = true }

// Used is how many instructions were used.
func (b *Budget) Used() int { return b.given - b.tick }

// Charge takes n instructions for what Go does on behalf of a script. The work
// ends at its next instruction when none is left.
func (b *Budget) Charge(n int) {
	if n <= b.tick {
		b.tick -= max(n, 0)
		return
	}
	b.given += min(n-b.tick, b.limit-b.given)
	b.tick = 0
}

// Ran is how long the work has run.
func (b *Budget) Ran() time.Duration {
	if b.since.IsZero() {
		return b.ran
	}
	return b.ran + time.Since(b.since)
}

// Pause stops the work's time while it waits; Resume lets it go on. The time is
// the machine's: Options.Clock may stand still, or be moved while the work runs.
func (b *Budget) Pause() { b.ran, b.since = b.Ran(), time.Time{} }

// Resume ends a Pause.
func (b *Budget) Resume() { b.since = time.Now() }

// tell gives work that has ended a little more, to say why.
func (b *Budget) tell() {
	b.telling, b.over = true, nil
	b.tick, b.given, b.limit = 0, 0, explainBudget
	b.ran, b.time = 0, explainTime
	b.Resume()
}

// Exceed ends the work that runs on L, because of what it asks for.
func Exceed(L *lua.LState, limit error) {
	BudgetOf(L).end(limit)
	L.RaiseError("%v", limit)
}

// end ends the work, unless it has ended.
func (b *Budget) end(limit error) {
	if b.over == nil {
		b.over = limit
	}
	b.Poll()
}

// tooDeep is the error of calls that are nested beyond the limit.
func (l *Limits) tooDeep() error {
	return fmt.Errorf("%w: more than %d nested calls (limits.depth)", ErrDepth, l.Depth)
}

// closed is what Done answers when no instruction is left: always ready.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
