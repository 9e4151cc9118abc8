package script

import (
	"context"
	"fmt"
)

// pollEvery is after how many instructions a budget asks whether the handler
// was cancelled; a power of two.
const pollEvery = 256

// budget is the context that a handler's Lua threads run with. gopher-lua asks
// Done before every instruction, so it counts them. What it ends with stays:
// the instruction after a pcall that swallowed the error raises it again, until
// none is left. It is touched under the VM's lock only and goes to gopher-lua
// alone; bindings get the handler's real context.
type budget struct {
	context.Context // the handler's own
	task            *task
	left            int
	limit           int
	depth           int // coroutines that are resumed within each other
	over            error
}

func newBudget(t *task, instructions int) budget {
	return budget{Context: t.ctx, task: t, left: instructions, limit: instructions}
}

// Done counts an instruction. Nil, which is never ready, lets it happen.
func (b *budget) Done() <-chan struct{} {
	b.left--
	if b.left >= 0 && b.left&(pollEvery-1) != 0 && b.over == nil {
		return nil
	}
	if b.poll(); b.over == nil {
		return nil
	}
	return closed
}

// poll finds out whether the handler has to end.
func (b *budget) poll() {
	switch {
	case b.over != nil:
	case b.Context.Err() != nil:
		b.over = fmt.Errorf("the handler was ended: %w", b.Context.Err())
	case b.left < 0:
		b.over = fmt.Errorf("%w: more than %d", ErrInstructions, b.limit)
	}
}

// Err is why the handler has to end.
func (b *budget) Err() error { return b.over }

// grant gives n more instructions to a handler that has ended, to say why.
func (b *budget) grant(n int) {
	b.over, b.left, b.limit = nil, n, n
}

// closed is what Done answers when no instruction is left: always ready.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
