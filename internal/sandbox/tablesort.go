package sandbox

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// comparisonsPerInstruction is how many comparisons of numbers, or of short
// texts, an instruction pays for.
const comparisonsPerInstruction = 4

// sortTable is table.sort on a copy of the list, which its comparator may change
// meanwhile; gopher-lua's sorts also what was removed from the end. A comparator
// that contradicts itself gives some order, and an end.
func sortTable(L *lua.LState) int {
	t := L.CheckTable(1)
	s := &sorting{L: L}
	if L.GetTop() > 1 && L.Get(2) != lua.LNil {
		s.before = L.CheckFunction(2)
	}
	n := t.Len()
	pay(L, n/valuesPerInstruction)
	s.values = make([]lua.LValue, n)
	for i := range s.values {
		s.values[i] = t.RawGetInt(i + 1)
	}
	sort.Sort(s)
	for i, v := range s.values {
		t.RawSetInt(i+1, v)
	}
	return 0
}

// sorting is one sort.
type sorting struct {
	L      *lua.LState
	before *lua.LFunction // the comparator; nil for <
	values []lua.LValue
	unpaid int // comparisons
}

func (s *sorting) Len() int { return len(s.values) }

func (s *sorting) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorting) Less(i, j int) bool {
	a, b := s.values[i], s.values[j]
	if s.before != nil {
		s.L.Push(s.before)
		s.L.Push(a)
		s.L.Push(b)
		s.L.Call(2, 1)
		less := lua.LVAsBool(s.L.Get(-1))
		s.L.Pop(1)
		return less
	}
	if s.unpaid++; s.unpaid == comparisonsPerInstruction {
		pay(s.L, 1)
		s.unpaid = 0
	}
	if text, ok := a.(lua.LString); ok {
		if other, ok := b.(lua.LString); ok {
			pay(s.L, min(len(text), len(other))/bytesPerInstruction)
			return text < other
		}
	}
	return s.L.LessThan(a, b)
}
