package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// replaceTable makes a script pay for what one call moves, and bounds what it
// makes. With them go those of the base library that may do much at once.
func replaceTable(vm *VM, module *lua.LTable, _ map[string]lua.LValue) {
	L := vm.state
	L.SetFuncs(module, map[string]lua.LGFunction{
		"concat": vm.limits.concat,
		"insert": insert,
		"maxn":   maxn,
		"remove": remove,
		"sort":   sortTable,
	})
	L.SetGlobal("unpack", L.NewFunction(unpack))
	each := L.NewFunction(nextOfList)
	L.SetGlobal("ipairs", L.NewFunction(func(L *lua.LState) int {
		t := L.CheckTable(1)
		L.Push(each)
		L.Push(t)
		L.Push(lua.LNumber(0))
		return 3
	}))
	paid := func(name string, price func(L *lua.LState) int) {
		fn := L.GetGlobal(name).(*lua.LFunction).GFunction
		L.SetGlobal(name, L.NewFunction(func(L *lua.LState) int {
			pay(L, price(L))
			return fn(L)
		}))
	}
	paid("select", func(L *lua.LState) int { return L.GetTop() / valuesPerInstruction })
	paid("tonumber", func(L *lua.LState) int { return len(lua.LVAsString(L.Get(1))) / stepsPerInstruction })
}

// concat is table.concat; gopher-lua's puts all values on the stack first, and
// leaves out what a list lacks between two places that are named.
func (l *Limits) concat(L *lua.LState) int {
	t, separator := L.CheckTable(1), L.OptString(2, "")
	first := L.OptInt(3, 1)
	last := t.Len()
	if L.Get(4) != lua.LNil {
		last = L.CheckInt(4)
	}
	var out strings.Builder
	for i := first; i <= last; i++ {
		v := at(t, i)
		if !lua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for concat", v.Type(), i)
		}
		if i > first {
			l.fits(L, "concat", out.Len()+len(separator))
			out.WriteString(separator)
		}
		text := textOf(v)
		l.fits(L, "concat", out.Len()+len(text))
		out.WriteString(text)
		if i%comparisonsPerInstruction == 0 { // writing a number takes its time
			pay(L, 1)
		}
		if i == last { // which may be the largest number
			break
		}
	}
	push(L, out.String())
	return 1
}

// at is t[i] without metamethods, wherever it is kept.
func at(t *lua.LTable, i int) lua.LValue {
	if 0 < i && i < lua.MaxArrayIndex {
		return t.RawGetInt(i)
	}
	return t.RawGet(lua.LNumber(i))
}

// nextOfList is the iterator of ipairs; gopher-lua's ends where the array does.
func nextOfList(L *lua.LState) int {
	t, i := L.CheckTable(1), L.CheckInt(2)+1
	v := at(t, i)
	if v == lua.LNil {
		return 0
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
}

// insert refuses to make a list longer than its array may be: gopher-lua's
// would lose sight of what comes after.
func insert(L *lua.LState) int {
	t := L.CheckTable(1)
	n := t.Len()
	place, value := n+1, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		place, value = L.CheckInt(2), L.Get(3)
	default:
		L.RaiseError("wrong number of arguments to insert")
	}
	switch {
	case place < 1 || place >= lua.MaxArrayIndex && place > n+1: // is no place in the list
	case n+1 >= lua.MaxArrayIndex:
		L.RaiseError("bad argument #1 to insert (the list would be longer than %d values)", n)
	default:
		pay(L, max(n-place, place-n)/valuesPerInstruction)
	}
	if L.GetTop() == 2 {
		t.Append(value)
	} else {
		t.Insert(place, value)
	}
	return 0
}

// remove takes a value that is there; gopher-lua's takes the last one when the
// place is none of the list's.
func remove(L *lua.LState) int {
	t := L.CheckTable(1)
	n := t.Len()
	place := L.OptInt(2, n)
	if place < 1 || place > n {
		L.Push(lua.LNil)
		return 1
	}
	pay(L, (n-place)/valuesPerInstruction)
	L.Push(t.Remove(place))
	return 1
}

// maxn is the largest number that is a key; gopher-lua's looks at the list only.
func maxn(L *lua.LState) int {
	var largest lua.LNumber
	keys := 0
	L.CheckTable(1).ForEach(func(key, _ lua.LValue) {
		if n, ok := key.(lua.LNumber); ok {
			largest = max(largest, n)
		}
		keys++
	})
	pay(L, keys/comparisonsPerInstruction)
	L.Push(largest)
	return 1
}

func unpack(L *lua.LState) int {
	t := L.CheckTable(1)
	first := L.OptInt(2, 1)
	last := t.Len()
	if L.Get(3) != lua.LNil {
		last = L.CheckInt(3)
	}
	if last < first {
		return 0
	}
	if n := uint64(last) - uint64(first); n >= maxValues {
		L.RaiseError("too many results to unpack: more than %d", maxValues)
	}
	return give(L, last-first+1, func(i int) lua.LValue { return at(t, first+i) })
}
