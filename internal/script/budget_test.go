package script_test

import (
	"errors"
	"fmt"
	"sort"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
	"luahost/internal/script"
)

func small(o *script.Options) { o.Limits.Instructions, o.Limits.SuspendAfter = 100_000, 1000 }

// Nothing that Lua puts around an endless loop holds the budget's end.
func TestBudgetEndsEveryKindOfLoop(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `
local function spin() while true do end end
local early = coroutine.create(spin)
local parked = coroutine.create(function() coroutine.yield() spin() end)
coroutine.resume(parked)
local kept
local object = setmetatable({}, {__index = spin, __add = spin, __eq = spin, __lt = spin, __tostring = spin, __call = spin})
loops = {
  plain      = spin,
  pcall      = function() while true do pcall(spin) end end,
  empty      = function() while true do pcall(function() end) end end,
  xpcall     = function() while true do xpcall(spin, spin) end end,
  handler    = function() xpcall(function() error("x") end, spin) end,
  coroutine  = function() coroutine.resume(coroutine.create(spin)) end,
  wrap       = function() while true do pcall(coroutine.wrap(spin)) end end,
  many       = function() while true do coroutine.resume(coroutine.create(function() end)) end end,
  early      = function() coroutine.resume(early) end,
  parked     = function() coroutine.resume(parked) end,
  keep       = function() kept = coroutine.wrap(function() coroutine.yield() spin() end) kept() end,
  other      = function() kept() end,
  sort       = function() table.sort({1, 2, 3}, spin) end,
  gsub       = function() string.gsub("abc", "%w", spin) end,
  iterator   = function() for _ in function() return 1 end do end end,
  iterated   = function() for _ in spin do end end,
  index      = function() return object.x end,
  add        = function() return object + 1 end,
  less       = function() return object < object end,
  call       = function() object() end,
  tostring   = function() return tostring(object) end,
  load       = function() load(spin) end,
  recursion  = function() local function f() return f() end f() end,
  blocking   = function() while true do block() end end,
}
on("x", function(kind) loops[kind]() note("it ended by itself") end)
on("healthy", function() note("well") end)
`}, small)
	for _, kind := range []string{
		"plain", "pcall", "empty", "xpcall", "handler", "coroutine", "wrap", "many", "early", "parked", "sort", "gsub", "iterator",
		"iterated", "index", "add", "less", "call", "tostring", "load", "recursion", "blocking",
	} {
		if r := w.run("x", lua.LString(kind)); !errors.Is(r.Err, sandbox.ErrInstructions) {
			t.Errorf("%s ended with %v", kind, r.Err)
		}
	}
	// A coroutine of one handler runs on the budget of the one that resumes it.
	if r := w.run("x", lua.LString("keep")); r.Err != nil {
		t.Error(r.Err)
	}
	if text := <-w.notes; text != "it ended by itself" {
		t.Error(text)
	}
	if r := w.run("x", lua.LString("other")); !errors.Is(r.Err, sandbox.ErrInstructions) {
		t.Errorf("other ended with %v", r.Err)
	}
	w.fire("healthy")
	if text := <-w.notes; text != "well" {
		t.Errorf("afterwards: %s", text)
	}
}

func TestBudgetOfTheTopLevel(t *testing.T) {
	w := start(t, map[string]string{
		"endless.lua": "local x = 1\nwhile true do pcall(function() while true do end end) end",
		"good.lua":    `on("x", function() end)`,
	}, small)
	err := w.Status()[0].LastError
	if !errors.Is(err, sandbox.ErrInstructions) {
		t.Errorf("LastError: %v", err)
	}
	w.fails(err, "endless.lua:2: ", "too many instructions: more than 100000")
	if r := w.run("x"); r.Err != nil {
		t.Error(r.Err)
	}
}

// The budget is exact: the least one that a loop needs grows by one with each
// round of an empty loop, and it is the same for each event.
func TestBudgetCountsExactly(t *testing.T) {
	least := func(rounds int) int {
		return sort.Search(10_000, func(budget int) bool {
			source := fmt.Sprintf(`on("x", function() for i = 1, %d do end end)`, rounds)
			w := load(t, map[string]string{"a.lua": source}, func(o *script.Options) { o.Limits.Instructions = max(budget, 10) })
			first, second := w.run("x").Err, w.run("x").Err
			if (first == nil) != (second == nil) {
				t.Errorf("a budget of %d ends one event and not the next: %v, %v", budget, first, second)
			}
			return first == nil
		})
	}
	if a, b := least(1000), least(1001); b-a != 1 {
		t.Errorf("1000 rounds need %d, 1001 need %d", a, b)
	}
}

// Time that a handler waits is not counted, and each event has a whole budget.
func TestBudgetIsPerEvent(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function() for _ = 1, 90000 do end end)`}, small)
	for range 20 {
		if r := w.run("x"); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}
