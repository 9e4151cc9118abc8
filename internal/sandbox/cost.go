package sandbox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// What an instruction pays for where Go works for a script in bulk. With these,
// a function of the library takes about as long as the instructions that it
// takes would.
const (
	bytesPerInstruction  = 64
	stepsPerInstruction  = 16
	valuesPerInstruction = 16
)

// pay takes n instructions off the budget that L runs on, and ends the work if
// none is left, or if it has to end for another reason: no function of the
// library does more than what was paid for.
func pay(L *lua.LState, n int) {
	b, ok := L.Context().(*Budget)
	if !ok { // the VM is being made
		return
	}
	if b.Charge(n); b.tick > 0 {
		return
	}
	if b.Poll(); b.over != nil {
		L.RaiseError("%v", b.over)
	}
}

// fits raises an error if a text that a function is to make, of size bytes,
// would be too long. Nothing of that size has been made then.
func (l *Limits) fits(L *lua.LState, name string, size int) {
	if size > l.String {
		Exceed(L, fmt.Errorf("%w: the result of %s would be longer than %d bytes (limits.string)", ErrText, name, l.String))
	}
}

// push gives the script a text that was made for it.
func push(L *lua.LState, text string) {
	pay(L, len(text)/bytesPerInstruction)
	L.Push(lua.LString(text))
}

// give gives the script n values. The stack grows for all of them at once: step
// by step it would be copied each time.
func give(L *lua.LState, n int, value func(i int) lua.LValue) int {
	pay(L, n/valuesPerInstruction)
	top := L.GetTop()
	L.SetTop(top + n)
	for i := range n {
		L.Replace(top+i+1, value(i))
	}
	return n
}
