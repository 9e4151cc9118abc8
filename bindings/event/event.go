// Package event lets scripts register handlers: on(name, fn). It is installed
// while a script loads, on the goroutine that loads it; which names exist is
// the host's to say.
package event

import (
	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// globals are the functions that scripts see.
var globals = map[string]func(*script.Runtime, *lua.LState) int{
	"on": on,
}

// Open installs the module.
func Open(rt *script.Runtime) {
	L := rt.State()
	for name, fn := range globals {
		L.SetGlobal(name, L.NewFunction(func(L *lua.LState) int { return fn(rt, L) }))
	}
}

// on(name, fn) has fn called for each event of that name. It may be called
// while the script loads only.
func on(rt *script.Runtime, L *lua.LState) int {
	name, ok := L.Get(1).(lua.LString)
	if !ok {
		L.RaiseError("on: the event's name must be a string, got %s", L.Get(1).Type())
	}
	fn, ok := L.Get(2).(*lua.LFunction)
	if !ok {
		L.RaiseError("on(%q): the handler must be a function, got %s", string(name), L.Get(2).Type())
	}
	rt.On(L, string(name), fn)
	return 0
}
