package script

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// What a script holds is found while none of it runs, however it holds it.
func TestSizeOfAScriptAtRest(t *testing.T) {
	const fill = ` for i = 1, 20000 do kept[i] = {i} end `
	for name, source := range map[string]string{
		"global":    `kept = {}` + fill,
		"handler":   `local kept = {}` + fill + `on("x", function() return kept end)`,
		"callback":  `local kept = {}` + fill + `later(function() return kept end)`,
		"module":    `require("lib.m")`,
		"metatable": `local kept = {}` + fill + `box = setmetatable({}, {__index = kept})`,
		"coroutine": `local kept = {}` + fill + `co = coroutine.create(function() return kept end)`,
		"suspended": `co = coroutine.wrap(function() local kept = {}` + fill + `coroutine.yield() return kept end) co()`,
	} {
		t.Run(name, func(t *testing.T) {
			h := New(Options{Dir: t.TempDir(), Open: func(rt *Runtime) {
				rt.State().SetGlobal("on", rt.State().NewFunction(func(L *lua.LState) int {
					rt.On(L, L.CheckString(1), L.CheckFunction(2))
					return 0
				}))
				rt.State().SetGlobal("later", rt.State().NewFunction(func(L *lua.LState) int {
					rt.Callback(L, "later", L.CheckFunction(1), true, nil)
					return 0
				}))
			}})
			rt := loadInto(t, h, map[string]string{"a.lua": source, "lib/m.lua": `local kept = {}` + fill + `return function() return kept end`})
			if busy, size := rt.measure(); busy != nil || size.Bytes < 2<<20 || !size.Whole {
				t.Errorf("it holds some 3 MB, and is measured as %+v", size)
			}
			h.stop()
		})
	}
}
