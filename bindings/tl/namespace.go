package tl

import (
	"context"
	"maps"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Open gives a VM the methods of the layer: a global table per namespace (phone,
// messages, …), made when a script first names it, and an assert that rethrows
// tables. It sets the metatable of _G and that of functions, both locked against
// scripts. If _G already has a metatable, its __index is asked for what is not a
// namespace; a host that wants one later sets it in the same place and asks
// Global first.
func (m *Module) Open(L *lua.LState) {
	L.SetGlobal("assert", L.NewFunction(Assert))

	functions := newMetatable(L)
	functions.RawSetString("__tostring", L.NewFunction(m.functionToString))
	L.SetMetatable(L.NewFunction(m.functionToString), functions)

	before := lua.LValue(lua.LNil)
	metatable, ok := L.G.Global.Metatable.(*lua.LTable)
	if ok {
		before = metatable.RawGetString("__index")
	} else {
		metatable = newMetatable(L)
		L.G.Global.Metatable = metatable
	}
	lock(metatable)
	metatable.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		L.Push(m.lookUpGlobal(L, before))
		return 1
	}))
}

// Namespaces lists the globals that Open makes as scripts read them: phone, messages, ….
func (m *Module) Namespaces() []string {
	return slices.Sorted(maps.Keys(m.schema.namespaces))
}

// lookUpGlobal is the __index of _G.
func (m *Module) lookUpGlobal(L *lua.LState, before lua.LValue) lua.LValue {
	if name, ok := L.Get(2).(lua.LString); ok {
		if space := m.Global(L, string(name)); space != lua.LNil {
			return space
		}
	}
	switch before := before.(type) {
	case *lua.LFunction:
		table, key := L.Get(1), L.Get(2)
		L.Push(before)
		L.Push(table)
		L.Push(key)
		L.Call(2, 1)
		v := L.Get(-1)
		L.Pop(1)
		return v
	case *lua.LTable:
		return L.GetTable(before, L.Get(2))
	}
	return lua.LNil
}

// Global gives the namespace called name, which becomes a global of L's VM by
// that, or nil if the layer has none.
func (m *Module) Global(L *lua.LState, name string) lua.LValue {
	if m.schema.namespaces[name] == nil {
		return lua.LNil
	}
	state := vmOf(L)
	space := state.spaces[name]
	if space == nil {
		space = m.makeNamespace(L, state, name, nil)
		state.spaces[name] = space
	}
	L.G.Global.RawSetString(name, space)
	return space
}

// Root gives a table of all namespaces, made as a script names them, whose
// requests' contexts go through as: as("work").messages.sendMessage{…}.
func (m *Module) Root(L *lua.LState, as func(context.Context) context.Context) *lua.LTable {
	root, metatable := L.NewTable(), newMetatable(L)
	metatable.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		name := lua.LVAsString(L.Get(2))
		if m.schema.namespaces[name] == nil {
			known := slices.Collect(maps.Keys(m.schema.namespaces))
			raise(L, quoted(name)+" is not a namespace"+suggestion(name, known))
		}
		space := m.makeNamespace(L, vmOf(L), name, as)
		root.RawSetString(name, space)
		L.Push(space)
		return 1
	}))
	root.Metatable = metatable
	return root
}

func (m *Module) makeNamespace(L *lua.LState, state *vm, name string, as func(context.Context) context.Context) *lua.LTable {
	methods := m.schema.namespaces[name]
	space := L.CreateTable(0, len(methods))
	for _, e := range methods {
		call := e.call
		if as != nil {
			call = func(L *lua.LState) int { return m.call(L, e, as) }
		}
		fn := L.NewFunction(call)
		state.methods[fn] = e
		space.RawSetString(strings.TrimPrefix(e.name, name+"."), fn)
	}
	metatable := newMetatable(L)
	metatable.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		m.raiseNoMethod(L, name)
		return 0
	}))
	space.Metatable = metatable
	state.isSpace[space] = true
	return space
}

// raiseNoMethod is the __index of a namespace.
func (m *Module) raiseNoMethod(L *lua.LState, space string) {
	key := L.Get(2)
	name, ok := key.(lua.LString)
	if !ok {
		raise(L, space+" has no method "+shown(key))
	}
	known := make([]string, 0, len(m.schema.namespaces[space]))
	for _, e := range m.schema.namespaces[space] {
		known = append(known, e.name)
	}
	full := space + "." + short(string(name))
	raise(L, full+" is not a method"+suggestion(full, known))
}

// functionToString is the __tostring of all functions: a method shows how it is
// called, any other shows as ever.
func (m *Module) functionToString(L *lua.LState) int {
	fn := L.CheckFunction(1)
	text := fn.String()
	if e := vmOf(L).methods[fn]; e != nil {
		text = m.schema.plan(e).usage()
	}
	L.Push(lua.LString(text))
	return 1
}

// Assert is Lua's assert, but for an error that is a table, which it throws as it
// is, so that assert(phone.discardCall{…}) gives pcall Telegram's error.
func Assert(L *lua.LState) int {
	L.CheckAny(1)
	if L.ToBool(1) {
		return L.GetTop()
	}
	if L.GetTop() < 2 || L.Get(2) == lua.LNil {
		L.Error(lua.LString("assertion failed!"), 1)
	}
	L.Error(L.Get(2), 1)
	return 0
}
