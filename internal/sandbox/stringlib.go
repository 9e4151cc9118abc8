package sandbox

import lua "github.com/yuin/gopher-lua"

// maxPattern bounds patterns and replacements, which gopher-lua reads
// recursively: a long one would overflow Go's own stack and end the process.
const maxPattern = 64 << 10

// replaceString bounds what one call may cost and locks the metatable of all
// strings, which gopher-lua hands to scripts to write to.
func replaceString(vm *VM, str *lua.LTable, std map[string]lua.LValue) {
	L := vm.state
	call := func(name string) lua.LGFunction { return std[name].(*lua.LFunction).GFunction }
	rep, find, match, gsub, gmatch := call("rep"), call("find"), call("match"), call("gsub"), call("gmatch")
	L.SetFuncs(str, map[string]lua.LGFunction{
		"rep":    func(L *lua.LState) int { vm.checkRep(L); return rep(L) },
		"format": format,
		"find":   func(L *lua.LState) int { checkPattern(L, 2); return find(L) },
		"match":  func(L *lua.LState) int { checkPattern(L, 2); return match(L) },
		"gsub":   func(L *lua.LState) int { checkPattern(L, 2); checkPattern(L, 3); return gsub(L) },
	})
	// gmatch finds its iterator in its first upvalue.
	iterator := std["gmatch"].(*lua.LFunction).Upvalues[0].Value()
	str.RawSetString("gmatch", L.NewClosure(func(L *lua.LState) int { checkPattern(L, 2); return gmatch(L) }, iterator))

	locked := L.NewTable()
	locked.RawSetString("__index", str)
	locked.RawSetString("__metatable", lua.LFalse)
	L.SetMetatable(lua.LString(""), locked)
}

func (vm *VM) checkRep(L *lua.LState) {
	size, limit := len(L.CheckString(1)), vm.limits.String
	L.CheckInt(2) // rep's own check; the number may be out of int's range
	if times := float64(L.CheckNumber(2)); times*float64(size) > float64(limit) {
		L.RaiseError("bad argument #2 to rep (the result would be longer than %d bytes)", limit)
	}
}

func checkPattern(L *lua.LState, n int) {
	if s, ok := L.Get(n).(lua.LString); ok && len(s) > maxPattern {
		L.RaiseError("bad argument #%d (longer than %d bytes)", n, maxPattern)
	}
}
