package timer

import (
	"context"
	"math"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/schedule"
	"luahost/internal/script"
)

// As gives a context for requests as another account; false: there is none of that
// name.
type As func(ctx context.Context, account string) (context.Context, bool)

// Fire starts the handlers that a script has for a named timer; it is what
// schedule.Options.Fire calls. Their requests go out from the account for which the
// timer was made: if that is gone, nothing is started. The handlers end with the
// host of the scripts, not with ctx.
func Fire(ctx context.Context, scripts *script.Host, as As, f schedule.Firing, ended func(error)) schedule.Start {
	ctx = context.WithoutCancel(ctx)
	if f.Account != "" {
		of, ok := as(ctx, f.Account)
		if !ok {
			return schedule.Nobody
		}
		ctx = of
	}
	c := &count{ended: ended}
	n := scripts.DispatchTo(ctx, f.Script, script.Event{
		Name: eventPrefix + f.Name,
		Args: func(_ *script.Runtime, L *lua.LState) []lua.LValue { return []lua.LValue{event(L, f)} },
	}, func(r script.Run) { c.add(-1, r.Err) })
	switch {
	case n < 0:
		return schedule.Busy
	case n == 0:
		return schedule.Nobody
	}
	c.add(n, nil)
	return schedule.Started
}

// event is what a handler gets.
func event(L *lua.LState, f schedule.Firing) *lua.LTable {
	tb := L.CreateTable(0, 4)
	tb.RawSetString("name", lua.LString(f.Name))
	tb.RawSetString("data", decode(L, f.Data))
	tb.RawSetString("due", seconds(f.Due))
	tb.RawSetString("late", lua.LNumber(math.Floor(max(0, f.Late.Seconds()))))
	return tb
}

// count waits for several handlers, which may end before it is known how many they
// are.
type count struct {
	ended func(error)

	mu    sync.Mutex
	known bool
	left  int
	err   error // the first
}

func (c *count) add(n int, err error) {
	c.mu.Lock()
	c.left += n
	c.known = c.known || n > 0
	if c.err == nil {
		c.err = err
	}
	over, first := c.known && c.left == 0, c.err
	c.mu.Unlock()
	if over {
		c.ended(first)
	}
}
