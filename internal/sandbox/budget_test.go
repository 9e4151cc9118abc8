package sandbox_test

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// working gives a VM with work(seconds), which takes its time in Go, rest(seconds)
// which waits, and charge(n).
func working(limits sandbox.Limits) *sandbox.VM {
	vm := sandbox.New(sandbox.Options{Limits: limits})
	seconds := func(L *lua.LState) time.Duration {
		return time.Duration(float64(L.CheckNumber(1)) * float64(time.Second))
	}
	vm.State().SetFuncs(vm.State().G.Global, map[string]lua.LGFunction{
		"work": func(L *lua.LState) int { time.Sleep(seconds(L)); return 0 },
		"rest": func(L *lua.LState) int {
			b := sandbox.BudgetOf(L)
			b.Pause()
			time.Sleep(seconds(L))
			b.Resume()
			return 0
		},
		"charge": func(L *lua.LState) int { sandbox.BudgetOf(L).Charge(L.CheckInt(1)); return 0 },
	})
	return vm
}

// Nothing that a script puts around its work holds the end of its time, and what
// it waits for is not counted. Time passes as synctest wants it to.
func TestTimeOfAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const spin = " for _ = 1, 1000 do end"
		for source, over := range map[string]bool{
			"work(4.9)" + spin:                                                         false,
			"work(5.1)" + spin:                                                         true,
			"work(2) work(2) work(0.9)" + spin:                                         false,
			"work(2) work(2) work(1.1)" + spin:                                         true,
			"rest(60) work(2) rest(60) work(2.9)" + spin:                               false,
			"rest(60) work(2) rest(60) work(3.1)" + spin:                               true,
			"pcall(work, 6)" + spin:                                                    true,
			"pcall(pcall, work, 6) while true do end":                                  true,
			"while true do pcall(work, 1) end":                                         true,
			"while true do xpcall(function() work(1) end, function() work(1) end) end": true,
			"coroutine.wrap(function() work(6)" + spin + " end)()":                     true,
			"while true do pcall(coroutine.wrap(function() work(1) end)) end":          true,
			"local t = setmetatable({}, {__index = function() work(1) end}) while true do pcall(function() return t.x end) end": true,
		} {
			err := run(t, working(sandbox.Limits{}), "a.lua", source)
			if errors.Is(err, sandbox.ErrTime) != over || err != nil && !over {
				t.Errorf("%s: %v", source, err)
			}
		}
	})
}

// What an error says of itself has its own little time.
func TestAnErrorExplainsItselfInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := "error(setmetatable({}, {__tostring = function() while true do pcall(work, 0.1) end end}))"
		err := run(t, working(sandbox.Limits{}), "a.lua", source)
		if err == nil || err.Error() != "a.lua:1: (the error is a table whose __tostring failed)" {
			t.Error(err)
		}
	})
}

func TestCharges(t *testing.T) {
	const limit = 1000
	for source, over := range map[string]bool{
		"charge(900) for _ = 1, 50 do end":                                 false,
		"charge(900) for _ = 1, 100 do end":                                true,
		"for _ = 1, 9 do charge(100) end":                                  false,
		"for _ = 1, 10 do charge(100) end":                                 true,
		"charge(0) charge(-5) for _ = 1, 900 do end":                       false,
		"charge(2 ^ 53) for _ = 1, 10 do end":                              true,
		"pcall(charge, 2000) note = 1 pcall(charge, 1)":                    true,
		"for _ = 1, 4 do coroutine.create(function() end) end":             false,
		"for _ = 1, 6 do coroutine.create(function() end) end":             true,
		"for _ = 1, 6 do pcall(coroutine.wrap, function() end) end":        true,
		"local f = function() end for _ = 1, 4 do coroutine.wrap(f)() end": false,
	} {
		err := run(t, working(sandbox.Limits{Instructions: limit}), "a.lua", source)
		if errors.Is(err, sandbox.ErrInstructions) != over || err != nil && !over {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestDepth(t *testing.T) {
	const down = "local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end "
	const nested = "local function f(n) if n > 0 then return coroutine.wrap(f)(n - 1) end end "
	for source, over := range map[string]bool{
		down + "f(150)":        false,
		down + "f(250)":        true,
		nested + "f(150)":      false,
		nested + "f(250)":      true,
		down + "pcall(f, 150)": false,
		down + "pcall(f, 250)": true,
		down + "xpcall(function() f(250) end, function() end)":                                  true,
		down + "coroutine.resume(coroutine.create(f), 250)":                                     true,
		down + "pcall(coroutine.wrap(f), 250)":                                                  true,
		down + "pcall(table.sort, {1, 2, 3}, function() return f(250) end)":                     true,
		down + "xpcall(coroutine.wrap(function() f(250) end), function() return 'x' end)":       true,
		down + "xpcall(function() coroutine.wrap(f)(250) end, tostring)":                        true,
		"pcall(function() assert(false, 'lua callstack overflow') end)":                         false,
		"pcall(error, 'lua callstack overflow', 0)":                                             false,
		"coroutine.resume(coroutine.create(function() error('lua callstack overflow', 0) end))": false,
		nested + "pcall(f, 250)":                                                                true,
		"local function f() pcall(f) end f()":                                                   true,
		"local function f() xpcall(f, tostring) end f()":                                        true,
	} {
		err := run(t, sandbox.New(sandbox.Options{}), "a.lua", source)
		if errors.Is(err, sandbox.ErrDepth) != over || err != nil && !over {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// Work that has lost its VM unwinds without touching it: somebody else may be at
// work there.
func TestAbandonedWorkLeavesTheVMAlone(t *testing.T) {
	vm := working(sandbox.Limits{})
	others, _ := vm.State().NewThread()
	vm.State().SetGlobal("leave", vm.State().NewFunction(func(L *lua.LState) int {
		sandbox.BudgetOf(L).Abandon()
		L.G.CurrentThread = others
		runtime.Goexit()
		return 0
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := run(t, vm, "a.lua", `pcall(coroutine.wrap(function() ("x"):gsub("x", leave) end))`)
		t.Errorf("it went on, and ended with %v", err)
	}()
	<-ended
	if vm.State().G.CurrentThread != others {
		t.Error("the VM is taken for one in which the abandoned work runs")
	}
}
