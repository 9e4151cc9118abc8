package script_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// heapOf is a limit so much above what the test's process uses.
func heapOf(more int64) func(*script.Options) {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return func(o *script.Options) { o.Limits.Memory, o.Limits.Values = int64(now.HeapAlloc)+more, 1<<40 }
}

// Nothing that a script does with memory takes more than it may, and what is
// only garbage ends nobody.
func TestMemoryOfAHandler(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `
fill = {
  tables  = function() local t = {} for i = 1, 1e7 do t[i] = {i} end end,
  pcall   = function() local t = {} while true do pcall(function() while true do t = {t, {}, {}} end end) end end,
  strings = function() local t = {} while true do t[#t + 1] = ("x"):rep(1e6 + #t) end end,
  arrays  = function() local t = {} for i = 1, 1e7 do local a = {} a[65535] = 1 t[i] = a end end,
  threads = function() local t = {} for i = 1, 1e7 do t[i] = coroutine.wrap(function() end) end end,
  closures = function() local t = {} for i = 1, 1e7 do t[i] = function() return i end end end,
  garbage = function() for i = 1, 2e5 do local a = {i, {}, {}, {}, {}} end for i = 1, 300 do local s = ("x"):rep(1e6) end end,
  little  = function() local t = {} for i = 1, 5e4 do t[i] = {i} end end,
}
on("x", function(kind) fill[kind]() note("it ended by itself") end)`}, heapOf(48<<20), func(o *script.Options) {
		o.Limits.Instructions, o.Limits.SuspendAfter = 30_000_000, 1000
	})
	for _, kind := range []string{"tables", "pcall", "strings", "arrays", "threads", "closures", "garbage", "little"} {
		r := w.run("x", lua.LString(kind))
		if ends := kind == "garbage" || kind == "little"; ends && r.Err != nil || !ends && !errors.Is(r.Err, script.ErrMemory) {
			t.Errorf("%s ended with %v", kind, r.Err)
		}
	}
	if s := w.Status()[0]; s.Limits["memory"] != 6 {
		t.Errorf("status: %+v", s)
	}
}

// A script that holds too much while it does nothing is suspended, and no other.
func TestMemoryOfAScript(t *testing.T) {
	for name, source := range map[string]string{
		"globals":  `kept = {} on("x", function() for _ = 1, 8 do kept[#kept + 1] = ("x"):rep(1e6 + #kept) end end)`,
		"sleepers": `on("x", function() local kept = {} for i = 1, 8 do kept[i] = ("x"):rep(1e6 + i) end wait("never") end)`,
		"upvalues": `local kept = {} on("x", function() for _ = 1, 20000 do kept = {kept, {}, {}} end end)`,
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, map[string]string{
				"bad.lua":  source,
				"good.lua": `local n = 0 on("x", function() for i = 1, 200 do n = n + i end end)`, // held up, and light however slow the machine
			}, heapOf(32<<20))
			look := w.Tender()
			for range 40 {
				for range w.fire("x") {
					select {
					case <-w.runs:
					case <-w.arrived:
					}
				}
				look()
			}
			s := w.Status()
			if s[0].Generation != "" || !strings.Contains(s[0].Suspended, "too much memory: the process uses") {
				t.Errorf("bad: %+v", s[0])
			}
			if s[1].Generation == "" || s[1].Limits["memory"] != 0 {
				t.Errorf("good: %+v", s[1])
			}
		})
	}
}

// A heap that is too large for reasons of its own ends nobody who is small and at
// rest.
func TestMemoryOfTheHostItself(t *testing.T) {
	w := load(t, map[string]string{"a.lua": `on("x", function() for _ = 1, 2e5 do end note("x") end)`})
	w.SetHeap(func() uint64 { return 1 << 40 })
	look := w.Tender()
	look()
	if s := w.Status()[0]; s.Suspended != "" {
		t.Errorf("suspended: %s", s.Suspended)
	}
	if r := w.run("x"); !errors.Is(r.Err, script.ErrMemory) { // it computes much, so it is ended
		t.Error(r.Err)
	}
	w.SetHeap(func() uint64 { return 0 })
	if r := w.run("x"); r.Err != nil {
		t.Error(r.Err)
	}
}

// An error that says what it is with a wait, or that is not a text, ends as any.
func TestErrorsThatMisbehave(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `
on("x", function(kind) faults[kind]() end)
local function told(fn) error(setmetatable({}, {__tostring = fn})) end
faults = {
  waits    = function() told(function() wait("never") end) end,
  pwaits   = function() told(function() while true do pcall(wait, "never") end end) end,
  number   = function() told(function() return 7 end) end,
  table    = function() told(function() return {} end) end,
  none     = function() told(function() end) end,
  itself   = function() local e = setmetatable({}, {}) getmetatable(e).__tostring = function() error(e) end error(e) end,
  lines    = function() error("one\nlevel=ERROR\27[31m two\0\255", 0) end,
  loop     = function() told(function() while true do pcall(function() while true do end end) end end) end,
  spent    = function() pcall(function() while true do end end) end,
  handler  = function() xpcall(function() while true do end end, function(e) while true do end end) end,
}`}, small)
	for kind, want := range map[string]string{
		"waits":   "a.lua:3: (the error is a table whose __tostring failed)",
		"pwaits":  "a.lua:3: (the error is a table whose __tostring failed)",
		"number":  "a.lua:3: 7",
		"table":   "a.lua:3: (the error is a table whose __tostring gave a table)",
		"none":    "a.lua:3: (the error is a table whose __tostring gave a nil)",
		"itself":  "a.lua:10: (the error is a table whose __tostring failed)",
		"lines":   "a.lua:11: one level=ERROR?[31m two??",
		"loop":    "a.lua:3: (the error is a table whose __tostring failed)",
		"spent":   "too many instructions: more than 100000 (limits.instructions)",
		"handler": "too many instructions: more than 100000 (limits.instructions)",
	} {
		r := w.run("x", lua.LString(kind))
		if r.Err == nil || !strings.HasSuffix(r.Err.Error(), want) {
			t.Errorf("%s: %v, want %s", kind, r.Err, want)
		}
		if over := kind == "spent" || kind == "handler"; errors.Is(r.Err, sandbox.ErrInstructions) != over {
			t.Errorf("%s is of the wrong kind: %v", kind, r.Err)
		}
	}
}

// A load that computes a lot is forgotten when it has ended, well or not, as a
// handler is: its VM would be kept for as long as the host runs.
func TestLoadsAreForgotten(t *testing.T) {
	w := load(t, map[string]string{
		"a.lua": `for _ = 1, 1e5 do end on("x", function() for _ = 1, 1e5 do end end)`,
		"b.lua": `for _ = 1, 1e5 do end error("refused")`,
	})
	if r := w.run("x"); r.Err != nil {
		t.Fatal(r.Err)
	}
	if n := w.Watched(); n != 0 {
		t.Errorf("%d are watched, and nothing runs", n)
	}
}

// What the host itself needs is not taken from small scripts.
func TestMemoryThatIsNotTheScripts(t *testing.T) {
	w := load(t, map[string]string{"a.lua": `on("x", function() for _ = 1, 2e5 do end note("x") end)`}, func(o *script.Options) {
		o.Limits.Memory = 100 << 20
	})
	w.SetHeap(func() uint64 { return 120 << 20 })
	for range 3 {
		if r := w.run("x"); r.Err != nil {
			t.Error(r.Err)
		}
	}
	if !strings.Contains(w.log.String(), "luahost itself uses much of the memory") {
		t.Error("nobody was told")
	}
}

// What the host needed once is allowed for as long as it does.
func TestMemoryThatTheHostNeedsNoMore(t *testing.T) {
	w := load(t, nil, func(o *script.Options) { o.Limits.Memory = 100 << 20 })
	look := w.Tender()
	for i, heap := range []uint64{120 << 20, 90 << 20, 120 << 20, 50 << 20, 120 << 20} {
		w.SetHeap(func() uint64 { return heap })
		look()
		told := strings.Count(w.log.String(), "luahost itself uses much of the memory")
		if want := []int{1, 1, 1, 1, 2}[i]; told != want {
			t.Errorf("at look %d: told %d times, want %d", i, told, want)
		}
	}
}
