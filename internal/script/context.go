package script

import "context"

// ending is why a handler is ended that did nothing wrong: context.Canceled in words.
type ending string

func (e ending) Error() string { return string(e) }

func (ending) Is(target error) bool { return target == context.Canceled }

const (
	hostEnds   ending = "luahost ends"
	unloadEnds ending = "unload has five seconds" // unloadWithin
	closedEnds ending = "its generation was closed"
)

// newTaskContext is a context that ends with alive or with ctx, has ctx's
// values, and says whose it is.
func newTaskContext(alive, ctx context.Context, who Handler) (context.Context, context.CancelCauseFunc) {
	life, end := context.WithCancelCause(alive)
	if ctx.Err() != nil { // AfterFunc would say so a moment later, when the handler has begun
		end(context.Cause(ctx))
	}
	if ctx.Done() == nil {
		return &taskContext{Context: life, values: ctx, who: who}, end
	}
	unlink := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	return &taskContext{Context: life, values: ctx, who: who}, func(cause error) { unlink(); end(cause) }
}

type taskContext struct {
	context.Context
	values context.Context
	who    Handler
}

// valuesOf is the context that a task was dispatched with, without its end.
func valuesOf(ctx context.Context) context.Context {
	return context.WithoutCancel(ctx.(*taskContext).values)
}

// Value asks the life first: it has no values but the one by which the
// standard library recognizes its own contexts and cancels children without a
// goroutine.
func (c *taskContext) Value(key any) any {
	if key == (handlerKey{}) {
		return c.who
	}
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

// blockContext is a handler's context while it waits at a line of Lua.
type blockContext struct {
	context.Context
	file string
	at   int
}

func (c *blockContext) Value(key any) any {
	v := c.Context.Value(key)
	if who, ok := v.(Handler); ok && key == (handlerKey{}) {
		who.AtFile, who.At = c.file, c.at
		return who
	}
	return v
}
