// Package event lets scripts register handlers: on(name, fn). It is installed
// while a script loads, on the goroutine that loads it; which names exist is
// the host's to say.
package event

import (
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/script"
)

// globals are the functions that scripts see.
var globals = map[string]func(*script.Runtime, *lua.LState) int{
	"on": on,
}

// Functions describes them for the manual.
func Functions() []manual.Entry {
	return []manual.Entry{{
		Name: "on", Gives: "nothing",
		Params: manual.Params{
			{Name: "event", Type: manual.Text("the name of an event"), Doc: "one of [these](../README.md#events), or an update of Telegram such as `\"updatePhoneCall\"`"},
			{Name: "handler", Type: manual.Function("a function"), Doc: "called with the call, the message, or the update's table"},
		},
		Doc: "Has a function called for each event of that name. It is written at the top of a script, not in a handler; a script may do it several times for one event. Handlers run side by side, and one that waits holds up no other. A handler that fails is logged, with its line, and ends alone.",
		Example: `on("call", function(call)
  log.info("rings", {name = call.from.first_name})
end)

on("updateUserStatus", function(update)
  log.debug("seen", {user = update.user_id})
end)`,
	}}
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
