package sandbox

import (
	"context"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// ErrInstructions ends a piece of work that computes without end.
var ErrInstructions = errors.New("too many instructions")

// pollEvery is after how many instructions a budget asks whether the work
// was cancelled; a power of two.
const pollEvery = 256

// Budget is the context that the Lua threads of one piece of work run with.
// gopher-lua asks Done before every instruction, so it counts them. What it
// ends with stays: the instruction after a pcall that swallowed the error raises
// it again, until none is left. It is touched under the VM's lock only and goes
// to gopher-lua alone; bindings get the real context.
type Budget struct {
	context.Context     // of the work
	Owner           any // whoever needs to find the work from its Lua state

	left  int
	limit int
	depth int // coroutines that are resumed within each other
	over  error
}

// Budget gives what a piece of work of the VM may use. The work is ended when
// ctx ends.
func (vm *VM) Budget(ctx context.Context, owner any) Budget {
	return Budget{Context: ctx, Owner: owner, left: vm.limits.Instructions, limit: vm.limits.Instructions}
}

// BudgetOf is the budget that L runs on.
func BudgetOf(L *lua.LState) *Budget { return L.Context().(*Budget) }

// Done counts an instruction. Nil, which is never ready, lets it happen.
func (b *Budget) Done() <-chan struct{} {
	b.left--
	if b.left >= 0 && b.left&(pollEvery-1) != 0 && b.over == nil {
		return nil
	}
	if b.Poll(); b.over == nil {
		return nil
	}
	return closed
}

// Poll finds out whether the work has to end, as after a wait.
func (b *Budget) Poll() {
	switch {
	case b.over != nil:
	case b.Context.Err() != nil:
		b.over = fmt.Errorf("the handler was ended: %w", b.Context.Err())
	case b.left < 0:
		b.over = fmt.Errorf("%w: more than %d", ErrInstructions, b.limit)
	}
}

// Err is why the work has to end.
func (b *Budget) Err() error { return b.over }

// Charge takes n instructions for what Go does on behalf of a script. The work
// ends at its next instruction when none is left.
func (b *Budget) Charge(n int) { b.left -= max(n, 0) }

// grant gives n more instructions to work that has ended, to say why.
func (b *Budget) grant(n int) {
	b.over, b.left, b.limit = nil, n, n
}

// closed is what Done answers when no instruction is left: always ready.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
