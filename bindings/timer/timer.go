// Package timer lets scripts wait: sleep(duration). A handler that sleeps holds
// up no other. The durations of all of a script's world are read here.
package timer

import (
	"context"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
	"luahost/internal/script"
)

// globals are the functions that scripts see.
var globals = map[string]func(*script.Runtime, *lua.LState) int{
	"sleep": sleep,
}

// Open installs the module.
func Open(rt *script.Runtime) {
	L := rt.State()
	for name, fn := range globals {
		L.SetGlobal(name, L.NewFunction(func(L *lua.LState) int { return fn(rt, L) }))
	}
}

// sleep(duration) returns after the duration, in seconds or as "1h30m".
func sleep(rt *script.Runtime, L *lua.LState) int {
	d, err := Duration(L.Get(1))
	if err != nil {
		L.RaiseError("sleep: %v", err)
	}
	err = rt.Block(L, func(ctx context.Context) {
		_ = clock.Wait(ctx, rt.Clock(), d) // a handler whose context ends, ends
	})
	if err != nil {
		L.RaiseError("sleep: %v", err)
	}
	return 0
}
