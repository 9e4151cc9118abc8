package tl

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// A request takes several times the memory of its arguments until it is answered,
// and a script can have a thousand under way. So large ones take turns: one of a
// script, and few of all, at a time. Small ones, which is all that a call needs,
// never wait.
const (
	largeBytes  = 16 << 10 // of texts, and
	valueBytes  = 64       // for each value
	largeAtOnce = 4        // of a Module
)

// isLarge says whether a request of the table is a large one.
func isLarge(tb *lua.LTable) bool {
	left := largeBytes
	weigh(tb, &left)
	return left < 0
}

// weigh takes what is in a table off left, until nothing is.
func weigh(tb *lua.LTable, left *int) {
	tb.ForEach(func(_, v lua.LValue) {
		if *left < 0 {
			return
		}
		*left -= valueBytes
		switch v := v.(type) {
		case lua.LString:
			*left -= len(v)
		case *lua.LTable:
			weigh(v, left)
		}
	})
}

// turn waits, with the VM's lock released, until a request of the table may be made.
// done ends the turn, nil where it needs none.
func (m *Module) turn(L *lua.LState, e *entry, tb *lua.LTable) (done func(), err error) {
	if !isLarge(tb) {
		return nil, nil
	}
	own := vmOf(L).large
	taken, kept := false, false
	done = func() { <-m.large; <-own }
	defer func() {
		if taken && !kept { // the VM was abandoned meanwhile, and block does not return
			done()
		}
	}()
	blocked := m.block(L, func(ctx context.Context) {
		if err = take(ctx, own); err != nil {
			return
		}
		if err = take(ctx, m.large); err != nil {
			<-own
		}
		taken = err == nil
	})
	if blocked != nil {
		raise(L, e.name+": "+blocked.Error())
	}
	kept = true
	return done, err
}

func take(ctx context.Context, turns chan struct{}) error {
	select {
	case turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
