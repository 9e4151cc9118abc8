package sandbox

import (
	"reflect"
	"sync"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// maxSized is how many values a look at a VM's size takes at most: some 10 ms.
const maxSized = 50_000

// Size is about how much memory the script's values take that the VM holds, in
// bytes: in its globals, its functions and the stacks of its threads. It looks at
// a bounded number of values; whole is false if there are more.
func (vm *VM) Size() (bytes int64, whole bool) {
	s := sizer{seen: map[any]bool{}}
	s.add(vm.state.G.Global)
	s.add(vm.state.G.Registry)
	for L := range vm.busy {
		s.add(L)
	}
	for len(s.next) > 0 && len(s.seen) < maxSized {
		v := s.next[len(s.next)-1]
		s.next = s.next[:len(s.next)-1]
		s.open(v)
	}
	return s.bytes, len(s.next) == 0
}

// sizer goes through values, each once.
type sizer struct {
	seen  map[any]bool
	next  []lua.LValue // seen, and not opened
	bytes int64
}

func (s *sizer) add(v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		if s.bytes += 16; len(v) > 256 { // a long one may be shared
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
	default:
		s.bytes += 16
	}
}

func (s *sizer) open(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		s.bytes += 128
		v.ForEach(func(k, e lua.LValue) {
			s.bytes += 32
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
