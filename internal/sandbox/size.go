package sandbox

import (
	"reflect"
	"sync"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// maxSized is how many tables, functions, threads and long strings a look at a
// VM's size takes at most: some 10 ms.
const maxSized = 50_000

// Size is about how much memory the values of a script take.
type Size struct {
	Bytes  int64
	Values int  // that were looked at: what it cost to find out
	Whole  bool // there were no more
}

// Size looks at what the VM holds, in its globals, its functions and the stacks of
// its threads, and at what Go holds of its values, such as handlers.
func (vm *VM) Size(held ...lua.LValue) Size {
	s := sizer{seen: map[any]bool{}}
	for _, v := range held {
		s.add(v)
	}
	s.add(vm.state.G.Global)
	s.add(vm.state.G.Registry)
	for L := range vm.busy {
		s.add(L)
	}
	for len(s.next) > 0 && len(s.seen) < maxSized && s.values < 20*maxSized {
		v := s.next[len(s.next)-1]
		s.next = s.next[:len(s.next)-1]
		s.open(v)
	}
	return Size{Bytes: s.bytes, Values: s.values, Whole: len(s.next) == 0}
}

// sizer goes through values, each once.
type sizer struct {
	seen  map[any]bool
	next  []lua.LValue // seen, and not opened
	bytes int64

	values int
}

func (s *sizer) add(v lua.LValue) {
	s.values++
	switch v := v.(type) {
	case lua.LString:
		if len(v) > 256 { // a long one may be shared
			data := unsafe.StringData(string(v))
			if s.seen[data] {
				return
			}
			s.seen[data] = true
		}
		s.bytes += int64(len(v))
	case *lua.LTable, *lua.LFunction, *lua.LState:
		if !s.seen[v] {
			s.seen[v] = true
			s.next = append(s.next, v)
		}
	case *lua.LUserData:
		s.bytes += 64
	}
}

func (s *sizer) open(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		room, entries := roomOf(v)
		s.add(v.Metatable)
		if s.bytes += room; entries > sampled {
			s.sample(v, entries)
			return
		}
		v.ForEach(func(k, e lua.LValue) {
			s.add(k)
			s.add(e)
		})
	case *lua.LFunction:
		s.bytes += 64
		for _, up := range v.Upvalues {
			s.add(up.Value())
		}
	case *lua.LState:
		stack := stackOf(v)
		s.bytes += int64(len(stack))*16 + 2048
		for _, e := range stack { // functions that run, and their locals
			if e != nil && e != lua.LNil {
				s.add(e)
			}
		}
		if frame, ok := v.GetStack(-1); ok { // its first: what a coroutine has not begun to run is not on its stack
			if fn, err := v.GetInfo("f", frame, lua.LNil); err == nil {
				s.add(fn)
			}
		}
	}
}

// sampled is how many entries of a table are looked into; what the others hold is
// judged by them.
const sampled = 10_000

// sample looks into the first entries of a large table.
func (s *sizer) sample(tb *lua.LTable, entries int) {
	before, seen := s.bytes, 0
	for k, e := tb.Next(lua.LNil); k != lua.LNil && seen < sampled; k, e = tb.Next(k) {
		if t, ok := e.(*lua.LTable); ok && !s.seen[t] {
			room, _ := roomOf(t)
			s.bytes += room
		}
		s.add(k)
		s.add(e)
		seen++
	}
	if more := entries - seen; more > 0 && seen > 0 {
		s.bytes += (s.bytes - before) / int64(seen) * int64(more)
	}
}

// roomOf is how many bytes a table takes without what is in it, and how many
// entries it has room for, which gopher-lua does not tell either.
func roomOf(tb *lua.LTable) (bytes int64, entries int) {
	table, at := reflect.ValueOf(tb).Elem(), tableFields()
	list := table.FieldByIndex(at[0]).Cap()
	names := table.FieldByIndex(at[1]).Len() + table.FieldByIndex(at[2]).Len()
	return 128 + int64(list)*16 + int64(names)*100, list + names
}

var tableFields = sync.OnceValue(func() (at [3][]int) {
	for i, name := range []string{"array", "strdict", "dict"} {
		field, _ := reflect.TypeFor[lua.LTable]().FieldByName(name)
		at[i] = field.Index
	}
	return at
})

// stackOf is the stack of a thread with the room that it has, which gopher-lua does
// not give.
func stackOf(L *lua.LState) []lua.LValue {
	at := stackField()
	array := reflect.ValueOf(L).Elem().FieldByIndex(at[0]).Elem().FieldByIndex(at[1])
	return *(*[]lua.LValue)(unsafe.Pointer(array.UnsafeAddr()))
}

var stackField = sync.OnceValue(func() [2][]int {
	reg, _ := reflect.TypeFor[lua.LState]().FieldByName("reg")
	array, _ := reg.Type.Elem().FieldByName("array")
	return [2][]int{reg.Index, array.Index}
})
