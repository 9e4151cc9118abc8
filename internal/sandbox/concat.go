package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// concatFunction is what code that VMs share refers to; it has no state.
var concatFunction = &lua.LFunction{IsG: true, GFunction: concatenate}

// concatenate is .. of its arguments, from the right like Lua's: texts and
// numbers that stand together are joined at once, of the rest each pair is one
// for __concat.
func concatenate(L *lua.LState) int {
	i := L.GetTop()
	right := L.Get(i)
	if i == 2 { // which is most often
		if a, ok := L.Get(1).(lua.LString); ok {
			if b, ok := right.(lua.LString); ok {
				payConcat(L, len(a)+len(b))
				L.Push(a + b)
				return 1
			}
		}
	}
	for i--; i > 0; {
		left := L.Get(i)
		if lua.LVCanConvToString(left) && lua.LVCanConvToString(right) {
			right, i = join(L, right, i)
			continue
		}
		right = concatMeta(L, left, right)
		i--
	}
	L.Push(right)
	return 1
}

// join joins argument i, and those before it up to the first that is no text,
// to what is on their right, and gives the place of that one.
func join(L *lua.LState, right lua.LValue, i int) (lua.LValue, int) {
	var few [8]string
	parts := few[:]
	if i+1 > len(parts) {
		parts = make([]string, i+1)
	}
	n := len(parts) - 1
	parts[n] = textOf(right)
	size := len(parts[n])
	for ; i > 0; i-- {
		left := L.Get(i)
		if !lua.LVCanConvToString(left) {
			break
		}
		n--
		parts[n] = textOf(left)
		size += len(parts[n])
	}
	payConcat(L, size)
	if n == len(parts)-2 {
		return lua.LString(parts[n] + parts[n+1]), i
	}
	return lua.LString(strings.Join(parts[n:], "")), i
}

func concatMeta(L *lua.LState, left, right lua.LValue) lua.LValue {
	op := L.GetMetaField(left, "__concat")
	if op == lua.LNil {
		op = L.GetMetaField(right, "__concat")
	}
	if op.Type() != lua.LTFunction {
		L.RaiseError("cannot perform concat operation between %v and %v", left.Type(), right.Type())
	}
	L.Push(op)
	L.Push(left)
	L.Push(right)
	L.Call(2, 1)
	defer L.Pop(1)
	return L.Get(-1)
}

// payConcat is what a script pays for a text of so many bytes, if it may have it.
func payConcat(L *lua.LState, size int) {
	if size < bytesPerInstruction {
		return
	}
	if b, ok := L.Context().(*Budget); ok { // not while the VM is being made
		b.vm.limits.fits(L, "..", size)
		pay(L, size/bytesPerInstruction)
	}
}
