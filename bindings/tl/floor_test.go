package tl

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func copyT(L *lua.LState, src *lua.LTable, keys map[*lua.LTable][]string) *lua.LTable {
	ks := keys[src]
	n := src.Len()
	tb := L.CreateTable(n, len(ks))
	for _, k := range ks {
		v := src.RawGetString(k)
		if c, ok := v.(*lua.LTable); ok {
			v = copyT(L, c, keys)
		}
		tb.RawSetString(k, v)
	}
	for i := 1; i <= n; i++ {
		v := src.RawGetInt(i)
		if c, ok := v.(*lua.LTable); ok {
			v = copyT(L, c, keys)
		}
		tb.Append(v)
	}
	return tb
}

func BenchmarkFloor(b *testing.B) {
	m, L := newModule(b, Options{})
	src := m.ToLua(L, ringing(b)).(*lua.LTable)
	keys := map[*lua.LTable][]string{}
	var walk func(tb *lua.LTable)
	total := 0
	walk = func(tb *lua.LTable) {
		keys[tb] = nil
		tb.ForEach(func(k, v lua.LValue) {
			if s, ok := k.(lua.LString); ok {
				keys[tb] = append(keys[tb], string(s))
				total++
			}
			if c, ok := v.(*lua.LTable); ok {
				walk(c)
			}
		})
	}
	walk(src)
	b.Log(total, len(keys))
	b.ReportAllocs()
	for b.Loop() {
		copyT(L, src, keys)
	}
}
