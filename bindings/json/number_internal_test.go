package json

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// TestNumbersShareAMetatable because a script may keep hundreds of thousands.
func TestNumbersShareAMetatable(t *testing.T) {
	var shared []lua.LValue
	_, err := scripttest.Source(t, "a.lua", `
keep(json.number("1"), json.number("2"), json.null)
assert(tostring(json.number("0.10")) == "0.10" and tostring(json.null) == "null")`, script.Options{Open: func(rt *script.Runtime) {
		Open(rt, Options{})
		rt.State().SetGlobal("keep", rt.State().NewFunction(func(L *lua.LState) int {
			for i := 1; i <= L.GetTop(); i++ {
				shared = append(shared, L.CheckUserData(i).Metatable)
			}
			return 0
		}))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(shared) != 3 || shared[0] != shared[1] || shared[0] != shared[2] {
		t.Errorf("the metatables are %v", shared)
	}
}
