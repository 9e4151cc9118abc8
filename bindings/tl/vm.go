package tl

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// vm is what this package keeps for one VM. The VM's lock guards it.
type vm struct {
	objects  map[*entry]*lua.LTable    // metatables of TL objects
	methods  map[*lua.LFunction]*entry // the methods in the namespaces made so far
	spaces   map[string]*lua.LTable    // those that are globals
	isSpace  map[*lua.LTable]bool      // all of them
	errors   *lua.LTable               // metatable of error tables
	unknown  *lua.LTable               // metatable of what is not of the layer
	describe *lua.LFunction            // __tostring of TL objects
	large    chan struct{}             // one for the large request that is under way
}

// registryKey is where the vm lies in the registry of its VM.
const registryKey = "luahost/bindings/tl"

// vmOf gives the state kept for L's VM, and makes it at first.
func vmOf(L *lua.LState) *vm {
	registry := L.G.Registry
	if held, ok := registry.RawGetString(registryKey).(*lua.LUserData); ok {
		return held.Value.(*vm)
	}
	state := &vm{
		objects:  map[*entry]*lua.LTable{},
		methods:  map[*lua.LFunction]*entry{},
		spaces:   map[string]*lua.LTable{},
		isSpace:  map[*lua.LTable]bool{},
		describe: L.NewFunction(objectToString),
		large:    make(chan struct{}, 1),
	}
	held := L.NewUserData()
	held.Value = state
	registry.RawSetString(registryKey, held)
	return state
}

// newMetatable makes a metatable that scripts can neither read nor change. It has
// room for what is set here: a table made without a size has room for 32 keys,
// and a VM has many metatables.
func newMetatable(L *lua.LState) *lua.LTable {
	metatable := L.CreateTable(0, 3)
	lock(metatable)
	return metatable
}

func lock(metatable *lua.LTable) {
	metatable.RawSetString("__metatable", lua.LFalse)
}

// metatable gives the one metatable that all objects of a constructor share: its
// true flags read as false where they are not set.
func (s *vm) metatable(L *lua.LState, p *plan) *lua.LTable {
	if mt := s.objects[p.entry]; mt != nil {
		return mt
	}
	mt := newMetatable(L)
	mt.RawSetString("__tostring", s.describe)
	if p.hasTrue {
		mt.RawSetString("__index", p.unset(L))
	}
	s.objects[p.entry] = mt
	return mt
}

func (s *vm) unknownMetatable(L *lua.LState) *lua.LTable {
	if s.unknown == nil {
		s.unknown = newMetatable(L)
		s.unknown.RawSetString("__tostring", s.describe)
	}
	return s.unknown
}

// unset makes the __index of a constructor.
func (p *plan) unset(L *lua.LState) *lua.LTable {
	var names []string
	for _, f := range p.fields {
		if f.typ.kind == kindTrue {
			names = append(names, f.name)
		}
	}
	unset := L.CreateTable(0, len(names))
	for _, name := range names {
		unset.RawSetString(name, lua.LFalse)
	}
	return unset
}

// objectToString is the __tostring of TL objects.
func objectToString(L *lua.LState) int {
	var b strings.Builder
	describe(&b, L.CheckTable(1), 0)
	L.Push(lua.LString(b.String()))
	return 1
}
