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
// its threads.
func (vm *VM) Size() Size {
	s := sizer{seen: map[any]bool{}}
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
		s.bytes += int64(stackOf(v))*16 + 2048
		for level := 0; ; level++ {
			frame, ok := v.GetStack(level)
			if !ok {
				return
			}
			for n := 1; n <= 250; n++ {
				name, local := v.GetLocal(frame, n)
				if name == "" {
					break
				}
				s.add(local)
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

// stackOf is how many values the stack of a thread has room for, which
// gopher-lua does not tell.
func stackOf(L *lua.LState) int {
	at := stackField()
	return reflect.ValueOf(L).Elem().FieldByIndex(at[0]).Elem().FieldByIndex(at[1]).Cap()
}

var stackField = sync.OnceValue(func() [2][]int {
	reg, _ := reflect.TypeFor[lua.LState]().FieldByName("reg")
	array, _ := reg.Type.Elem().FieldByName("array")
	return [2][]int{reg.Index, array.Index}
})
