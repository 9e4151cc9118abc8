package timer

import (
	"context"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/bindings/value"
	"luahost/internal/sandbox"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// handle is what a script holds of a timer.
type handle struct {
	module *module

	timer    *schedule.Timer  // of a function
	callback *script.Callback // of a function

	name     string
	data     []byte
	id       int64 // in the database; 0: declared by the script
	declared bool
	spec     schedule.Spec // of a declared one
	stopped  bool
}

var class = object.Class[*handle]{
	Name: "timer",
	Fields: []object.Field[*handle]{
		{Entry: manual.Entry{
			Name: "name", Gives: "a string, or nil",
			Doc: "The name that it was given, nil for the timer of a function.",
			Example: `on("call", function(call)
  local timer = after("5m", "remind")
  log.info("kept", {timer = timer.name})
end)

on("timer.remind", function(timer) log.info("here is " .. timer.name) end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, h *handle) lua.LValue {
			if h.name == "" {
				return lua.LNil
			}
			return lua.LString(h.name)
		}},
		{Entry: manual.Entry{
			Name: "due", Gives: "a time, or nil",
			Doc: "When it is due next, as `os.time` gives it; nil when it will not come any more.",
			Example: `on("call", function(call)
  local timer = after("90s", function() log.info("that was a minute and a half") end)
  log.info("until " .. os.date("%H:%M:%S", timer.due))
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, h *handle) lua.LValue {
			at, ok := h.next()
			if !ok {
				return lua.LNil
			}
			return seconds(at)
		}},
		{Entry: manual.Entry{
			Name: "data", Gives: "a value, or nil",
			Doc: "What was given with a name; a copy each time.",
			Example: `on("call", function(call)
  local timer = after("5m", "remind", {who = call.from.first_name})
  log.info("I will remind you of " .. timer.data.who)
end)

on("timer.remind", function(timer) log.info("call " .. timer.data.who) end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, h *handle) lua.LValue {
			return decode(L, h.data)
		}},
	},
	Methods: []object.Method[*handle]{{
		Entry: manual.Entry{
			Name: "stop", Gives: "true, false, or nil and an error",
			Doc: "Ends the timer: true if there was something left to come, false if not. What is running goes on. A timer that is declared at the top of a script and stopped begins again when the script is next loaded.",
			Example: `on("call", function(call)
  local timer = after("20s", function() call:decline("busy") end)
  if call:wait("accepted") then timer:stop() end
end)`,
		},
		Do: func(rt *script.Runtime, L *lua.LState, h *handle, _ manual.Values) int { return h.stop(L) },
	}},
	String: func(h *handle) string {
		if h.name != "" {
			return "timer " + h.name
		}
		return "timer"
	},
}

// Fields describes what a timer has, for the manual.
func Fields() []manual.Entry { return object.FieldEntries(class.Fields) }

// Methods describes what scripts do with a timer, for the manual.
func Methods() []manual.Entry { return object.MethodEntries(class.Methods) }

func (h *handle) make(rt *script.Runtime, L *lua.LState) *lua.LUserData { return class.Make(rt, L, h) }

// next is when the timer is due, as far as is known without the disk.
func (h *handle) next() (time.Time, bool) {
	switch {
	case h.timer != nil:
		return h.timer.Due()
	case h.stopped:
		return time.Time{}, false
	case h.declared:
		if at, ok := h.module.Engine.DueOf(h.module.rt.Script(), h.name); ok {
			return at, true
		}
		return h.spec.First(h.module.rt.Clock().Now()), true
	default:
		return h.module.Engine.Pending(h.id)
	}
}

func (h *handle) stop(L *lua.LState) int {
	if h.timer != nil {
		stopped := h.timer.Stop()
		h.callback.Release()
		L.Push(lua.LBool(stopped))
		return 1
	}
	m := h.module
	var stopped bool
	var err error
	m.block(L, "timer:stop", func() {
		if h.declared {
			stopped, err = m.Engine.ForgetDeclared(m.rt.Script(), h.name)
		} else {
			stopped, err = m.Engine.Forget(h.id)
		}
	})
	if err != nil {
		return m.fail(L, "timer:stop", err)
	}
	h.stopped = true
	L.Push(lua.LBool(stopped))
	return 1
}

// block waits for the disk, or raises while the script loads.
func (m *module) block(L *lua.LState, name string, fn func()) {
	if err := m.rt.Block(L, func(context.Context) { fn() }); err != nil {
		L.RaiseError("%s: %v", name, err)
	}
}

// timers lists the named ones of the script.
func (m *module) timers(L *lua.LState) int {
	args, err := timersEntry.Params.Args(L, 1)
	if err != nil {
		L.RaiseError("timers: %v", err)
	}
	if m.Engine == nil {
		L.RaiseError("timers: there are no timers here")
	}
	var found []store.Timer
	m.block(L, "timers", func() { found, err = m.Engine.Named(m.rt.Script(), manual.Get[string](args, "name")) })
	if err != nil {
		return m.fail(L, "timers", err)
	}
	list := L.CreateTable(len(found), 0)
	for _, t := range found {
		sandbox.BudgetOf(L).Charge(timerPaid + len(t.Data)/bytesPaid)
		h := &handle{module: m, name: t.Name, data: t.Data, id: t.ID}
		list.Append(h.make(m.rt, L))
	}
	L.Push(list)
	return 1
}

// seconds is a time as os.time gives it.
func seconds(at time.Time) lua.LNumber {
	return lua.LNumber(math.Floor(float64(at.UnixMicro()) / 1e6))
}

// decode gives data back, or raises: it was written by this program.
func decode(L *lua.LState, data []byte) lua.LValue {
	if len(data) == 0 {
		return lua.LNil
	}
	sandbox.BudgetOf(L).Charge(len(data) / bytesPaid)
	v, err := value.Decode(L, data)
	if err != nil {
		L.RaiseError("timer.data: %v", err)
	}
	return v
}
