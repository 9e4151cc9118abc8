// Package object makes the objects that scripts get of the host: userdata with
// the fields and methods of one registry, which scripts read and cannot change.
// A binding has a Class for each kind, which all VMs share; Make and everything
// that scripts do with an object happen under the VM's lock. Args reads the arguments
// of functions that belong to no object.
package object

import (
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/script"
)

// Class is one kind of object. T is what the userdata holds.
type Class[T any] struct {
	Name    string // what scripts usually call one: call
	Fields  []Field[T]
	Methods []Method[T]
	String  func(T) string // for tostring: shows no secret
}

// Field is read anew each time.
type Field[T any] struct {
	manual.Entry
	Get func(rt *script.Runtime, L *lua.LState, of T) lua.LValue
}

// Method is called with a colon. Do returns how many values it pushed.
type Method[T any] struct {
	manual.Entry
	Do func(rt *script.Runtime, L *lua.LState, of T, args manual.Values) int
}

// FieldEntries is the description of fields for the manual.
func FieldEntries[T any](fields []Field[T]) []manual.Entry {
	entries := make([]manual.Entry, len(fields))
	for i, f := range fields {
		entries[i] = f.Entry
	}
	return entries
}

// MethodEntries is the description of methods for the manual.
func MethodEntries[T any](methods []Method[T]) []manual.Entry {
	entries := make([]manual.Entry, len(methods))
	for i, m := range methods {
		entries[i] = m.Entry
	}
	return entries
}

// Make gives v to the scripts of L's VM.
func (c *Class[T]) Make(rt *script.Runtime, L *lua.LState, v T) *lua.LUserData {
	ud := L.NewUserData()
	ud.Value = v
	ud.Metatable = c.metatable(rt, L)
	return ud
}

// metatable gives the one of this VM.
func (c *Class[T]) metatable(rt *script.Runtime, L *lua.LState) *lua.LTable {
	registry, key := L.G.Registry, "luahost/bindings/object/"+c.Name
	if mt, ok := registry.RawGetString(key).(*lua.LTable); ok {
		return mt
	}
	mt := L.CreateTable(0, 4)
	mt.RawSetString("__metatable", lua.LFalse)
	mt.RawSetString("__index", L.NewFunction(c.index(rt, L)))
	mt.RawSetString("__newindex", L.NewFunction(c.refuse))
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(c.String(c.self(L, "tostring"))))
		return 1
	}))
	registry.RawSetString(key, mt)
	return mt
}

// index makes the __index of a VM.
func (c *Class[T]) index(rt *script.Runtime, L *lua.LState) lua.LGFunction {
	fields := make(map[string]Field[T], len(c.Fields))
	for _, f := range c.Fields {
		fields[f.Name] = f
	}
	methods := make(map[string]*lua.LFunction, len(c.Methods))
	for _, m := range c.Methods {
		methods[m.Name] = L.NewFunction(func(L *lua.LState) int { return c.call(rt, L, m) })
	}
	return func(L *lua.LState) int {
		name := lua.LVAsString(L.Get(2))
		if f, ok := fields[name]; ok {
			L.Push(f.Get(rt, L, c.self(L, name)))
			return 1
		}
		if fn, ok := methods[name]; ok {
			L.Push(fn)
			return 1
		}
		L.RaiseError("%v", manual.At(c.Name, manual.Unknown("field", name, c.names())))
		return 0
	}
}

// Args are the arguments of a function, such as Name get of the module "http."; what
// is wrong with them is raised.
func Args(L *lua.LState, module, name string, params manual.Params) manual.Values {
	args, err := params.Args(L, 1)
	if err != nil {
		L.RaiseError("%s%s: %v", module, name, err)
	}
	return args
}

// call checks the arguments of a method and does it.
func (c *Class[T]) call(rt *script.Runtime, L *lua.LState, m Method[T]) int {
	of := c.self(L, m.Name)
	args, err := m.Params.Args(L, 2)
	if err != nil {
		L.RaiseError("%s:%s: %v", c.Name, m.Name, err)
	}
	return m.Do(rt, L, of, args)
}

// self is the object that a method was called on.
func (c *Class[T]) self(L *lua.LState, name string) T {
	ud, _ := L.Get(1).(*lua.LUserData)
	if ud != nil {
		if v, ok := ud.Value.(T); ok {
			return v
		}
	}
	L.RaiseError("%s.%s: call it with a colon, %s:%s(…)", c.Name, name, c.Name, name)
	panic("unreachable")
}

// refuse is the __newindex.
func (c *Class[T]) refuse(L *lua.LState) int {
	name := lua.LVAsString(L.Get(2))
	for _, known := range c.names() {
		if known == name {
			L.RaiseError("%s.%s cannot be set", c.Name, name)
		}
	}
	L.RaiseError("%v", manual.At(c.Name, manual.Unknown("field, and none can be set", name, c.names())))
	return 0
}

// names lists fields and methods.
func (c *Class[T]) names() []string {
	var names []string
	for _, f := range c.Fields {
		names = append(names, f.Name)
	}
	for _, m := range c.Methods {
		names = append(names, m.Name)
	}
	return names
}
