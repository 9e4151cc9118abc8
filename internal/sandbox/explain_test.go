package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// run runs a chunk in a VM and gives its error.
func run(t *testing.T, vm *sandbox.VM, name, source string) error {
	t.Helper()
	proto, err := sandbox.Compile(name, source)
	if err != nil {
		t.Fatal(err)
	}
	vm.AddSource(name, source, proto)
	b := vm.Budget(context.Background(), nil)
	L := vm.Thread()
	vm.Enter(L, &b)
	L.Push(L.NewFunctionFromProto(proto))
	err = vm.Call(L, 0)
	vm.Leave(L, err == nil)
	return err
}

func TestErrorsNameWhatWasNil(t *testing.T) {
	for source, want := range map[string]string{
		`local call = {} print(cal.id)`:                         `attempt to index nil "cal" with key "id": did you mean "call"?`,
		`local call = {} call.from.name = "x"`:                  `attempt to index nil "call.from" with key "name"`,
		`local call = {} call.data[1].seen.at = 1`:              `attempt to index nil "call.data" with key "1"`,
		`local people, who = {}, "bob" return people[who].name`: `attempt to index nil "people[who]" with key "name"`,
		`local t, i = {}, 1 return t[i + 1].x`:                  `attempt to index nil "t[…]" with key "x"`,
		`local t, k return t[k]`:                                `attempt to index nil "t" with key "nil"`,
		`local t, k = nil, "x" return t[k]`:                     `attempt to index nil "t" with key "x"`,
		`local t = {} return t[1].x, t[2]`:                      `attempt to index nil "t[1]" with key "x"`,
		`local n = 5 n.x.y = 1`:                                 `attempt to index number "n" with key "x"`,
		`local call call:decline()`:                             `attempt to index nil "call" with key "decline"`,
		`tabel.insert({}, 1)`:                                   `attempt to index nil "tabel" with key "insert": did you mean "table"?`,
		`string.uper("x")`:                                      `attempt to call "string.uper", which is no function: did you mean "string.upper"?`,
		`tostrin(1)`:                                            `attempt to call "tostrin", which is no function: did you mean "tostring"?`,
		`local t = {} t:go()`:                                   `attempt to call "t.go", which is no function`,
		`local t = {} tostring(t.x(1))`:                         `attempt to call "t.x", which is no function`,
		`local t = {} return t.count + 1`:                       `cannot perform add operation between nil "t.count" and number`,
		`local t, u = {}, 2 return u * t.n`:                     `cannot perform mul operation between number and nil "t.n"`,
		`local t = {} return t.count < 1`:                       `attempt to compare nil "t.count" with number`,
		`local t = {f = function() end} return t.f().x`:         `attempt to index nil "t.f()" with key "x"`,
		`local a, b = {}, {} return (a.x or b.x).y`:             `attempt to index a non-table object(nil) with key 'y'`, // either may be meant
		`local a, b = {}, {} return a.x.z, b.x.z`:               `attempt to index a non-table object(nil) with key 'z'`,
		`local user = {} print("Hi " .. user.last_name .. "!")`: `cannot perform concat operation between nil "user.last_name" and string`,
		`local user = {} print("Hi " .. user.last_name)`:        `cannot perform concat operation between string and nil "user.last_name"`,
		`local t = {} return #t.list`:                           `attempt to get the length of "t.list", which has none`,
		`local t = {} return -t.n`:                              `attempt to negate "t.n", which is no number`,
		`return -"x", #true`:                                    `__unm undefined: - wants a number`,
		`local t = {} for _ in pairs(t.list) do end`:            `bad argument #1 to pairs (table expected, got nil "t.list")`,
		`local t = {} table.insert(t.list, 1)`:                  `bad argument #1 to insert (table expected, got nil "t.list")`,
		`local t = {} return ("x"):rep(t.n)`:                    `bad argument #2 to rep (number expected, got nil "t.n")`,
		`pairs(nil)`:                                            `bad argument #1 to pairs (table expected, got nil)`,
		`local i, x = 1 x.y = i`:                                `attempt to index nil "x" with key "y"`,
		`io.open("x")`:                                          `attempt to index nil "io" with key "open": a script reaches no files; store keeps values`,
		`os.execute("ls")`:                                      `attempt to call "os.execute", which is no function: a script starts no programs`,
		`utf8.char(65)`:                                         `attempt to index nil "utf8" with key "char": this is Lua 5.1, which has none`,
		`table.unpack({1})`:                                     `attempt to call "table.unpack", which is no function: in Lua 5.1 it is unpack`,
		`string.pack("i", 1)`:                                   `attempt to call "string.pack", which is no function: this is Lua 5.1, which has none`,
		`return len("x")`:                                       `attempt to call "len", which is no function: the length of x is #x`,
		`len = nil return len("x")`:                             `attempt to call "len", which is no function`,
		`len("x") function len() end`:                           `attempt to call "len", which is no function`,
		`os.sleep(1) function os.sleep() end`:                   `attempt to call "os.sleep", which is no function: os has clock, date, difftime, time`,
		`rawset(_G, "str", {}) str("x")`:                        `attempt to call "str", which is no function`,
		`_G.len = nil return len("x")`:                          `attempt to call "len", which is no function`,
		`lenn = 1 len = nil return len("x")`:                    `attempt to call "len", which is no function: did you mean "lenn"?`,
		`local len return len("x")`:                             `attempt to call "len", which is no function`,
		`call:decline()`:                                        `attempt to index nil "call" with key "decline": a handler gets it: function(call) … end`,
		`kept = {get = 1, set = 2} kept.fetch()`:                `attempt to call "kept.fetch", which is no function: kept has get, set`,
		`kept = {get = 1, set = 2} kept("x")`:                   `attempt to call "kept", which is no function: kept has get, set`,
		`kept = {["a\nb"] = 1} kept.fetch()`:                    `attempt to call "kept.fetch", which is no function`,
		`for x in {1, 2} do end`:                                `attempt to call a non-function object: for … in takes pairs(t) or ipairs(t)`,
		`local list = {} for x in list do end`:                  `attempt to call "list", which is no function: for … in takes pairs(t) or ipairs(t)`,
		`local function f() end for x in f() do end`:            `attempt to call "f", which is no function`,
		`return "a" + "b"`:                                      `cannot perform add operation between string and string: texts are joined by ..`,
		`return "a" + 1`:                                        `cannot perform add operation between string and number: texts are joined by ..`,
		`return "a" .. true`:                                    `cannot perform concat operation between string and boolean: write tostring(…)`,
		`return "5" < 6`:                                        `attempt to compare string with number: tonumber makes a number of a text`,
		`return math.floor("five")`:                             `bad argument #1 to floor (number expected, got string): tonumber makes a number of a text`,
		`return load("return 1")`:                               `bad argument #1 to load (function expected, got string): loadstring takes a text`,
		`coroutine.yield(1)`:                                    `attempt to yield from outside a coroutine`,
		`coroutine.wrap(function() pcall(function() for _ = 1, 2 do coroutine.yield(1) end end) error("x") end)()`: `x`,
		`local s = "a,b" return s:split(",")`:                                           `attempt to call "s.split", which is no function: write for part in text:gmatch("[^,]+") do … end`,
		`local list = {} list.push(1)`:                                                  `attempt to call "list.push", which is no function: write table.insert(list, x)`,
		`local s = "a" return s:startsWith("a")`:                                        `attempt to call "s.startsWith", which is no function: write text:sub(1, #part) == part`,
		`function require() return {} end local queue = require "queue" queue.push(1)`:  `attempt to call "queue.push", which is no function`,
		`local Queue = {} function Queue.pop() end Queue.push(1)`:                       `attempt to call "Queue.push", which is no function`,
		`local q = {} setmetatable(q, {}) q:push(1)`:                                    `attempt to call "q.push", which is no function`,
		`local q = setmetatable({}, {}) q:push(1)`:                                      `attempt to call "q.push", which is no function: of a list: table.insert(list, x)`,
		`local self = {} self.items = {} self.items:push(1)`:                            `attempt to call "self.items.push", which is no function: write table.insert(list, x)`,
		`local list = {1} list:contains(1)`:                                             `attempt to call "list.contains", which is no function`,
		`(function(s) return s:trim(), 1 end)("x")`:                                     `attempt to call "s.trim", which is no function: of a text: text:match("^%s*(.-)%s*$")`,
		`local s = tostring(5) return s:length()`:                                       `attempt to call "s.length", which is no function: of a text or a list: #x`,
		`string.split("a,b", ",")`:                                                      `attempt to call "string.split", which is no function: write for part in text:gmatch("[^,]+") do … end`,
		`queue = setmetatable({}, {}) queue.push(1)`:                                    `attempt to call "queue.push", which is no function`,
		`(function(self) return self:push(1), 1 end)({})`:                               `attempt to call "self.push", which is no function`,
		`table.push({}, 1)`:                                                             `attempt to call "table.push", which is no function: write table.insert(list, x)`,
		`wait(5)`:                                                                       `attempt to call "wait", which is no function: write sleep(…)`,
		`local function f(x) return function() end end f "x" (function() nope() end)()`: `attempt to call a non-function object`,
		`function f() return tostring end f "x" (nope())`:                               `attempt to call "nope", which is no function`,
		`for i = 1, {} do end`:                                                          `for statement limit must be a number: for i = 1, #t goes over a list`,
		`return #5`:                                                                     `__len undefined: # wants a text or a table`,
		`log = {} log("x")`:                                                             `attempt to call "log", which is no function`,
		`nope()`:                                                                        `attempt to call "nope", which is no function`,
		`error("a.lua:1: attempt to call a non-function object")`:                       `attempt to call a non-function object`,
		`error("other.lua:1: attempt to call a non-function obj")`:                      `other.lua:1: attempt to call a non-function obj`,
	} {
		var fault *sandbox.Error
		err := run(t, sandbox.New(sandbox.Options{}), "a.lua", source)
		if !errors.As(err, &fault) || strings.TrimPrefix(fault.Message, "a.lua:1: ") != want && !strings.HasSuffix(fault.Message, want) {
			t.Errorf("%s\nsays  %v\nwants %s", source, err, want)
			continue
		}
		if fault.Source != source {
			t.Errorf("%s\nshows the line %q", source, fault.Source)
		}
		if _, hint, ok := strings.Cut(want, ": did"); ok && fault.Hint != "did"+hint {
			t.Errorf("%s\nhints %q", source, fault.Hint)
		}
	}
}

// A word of another language is the script's own where any of its files sets it.
func TestGlobalsOfOtherFilesAreTheScripts(t *testing.T) {
	vm := sandbox.New(sandbox.Options{})
	if err := run(t, vm, "lib.lua", "function later() len, printf = 1, 2 end"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"len": "", "str": ": write tostring(x)"} {
		want = `: attempt to call "` + name + `", which is no function` + want
		for _, when := range []string{"loading", "running"} {
			if err := run(t, vm, when+name+".lua", name+"('x')"); !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s %s says %v", when, name, err)
			}
			vm.Undefined([]string{"phone"})
		}
	}
}

// coroutine.yield is Lua of luahost's own around Go, which is nobody's file.
func TestErrorsOfYieldAreTheScripts(t *testing.T) {
	for source, want := range map[string]string{
		"\ncoroutine.yield()": "a.lua:2: attempt to yield from outside a coroutine",
		"local function f()\nreturn coroutine.yield()\nend\nf() f()": "a.lua:4: attempt to yield from outside a coroutine",
		"return coroutine.yield()":                                   "attempt to yield from outside a coroutine",
		"local ok, err = pcall(coroutine.yield) error(err, 0)":       "a.lua:1: attempt to yield from outside a coroutine",
	} {
		var fault *sandbox.Error
		err := run(t, sandbox.New(sandbox.Options{}), "a.lua", source)
		if !errors.As(err, &fault) || fault.Message != want || strings.Contains(fault.Traceback, ":0: ") {
			t.Errorf("%s\nsays  %v\nwants %s\n%s", source, err, want, fault.Traceback)
		}
	}
}

// The calls of an error are those that the script wrote.
func TestTracebacksNameWhatIsCalled(t *testing.T) {
	for source, want := range map[string]string{
		"local t = {}\nreturn 'x' .. t":                "\n\ta.lua:2: in main chunk",
		"coroutine.yield()":                            "\n\tluahost: in function 'yield'\n\ta.lua:1: in main chunk",
		"return setmetatable({}, {__index = error}).x": "\n\ta.lua:1: in main chunk",
	} {
		var fault *sandbox.Error
		if err := run(t, sandbox.New(sandbox.Options{}), "a.lua", source); !errors.As(err, &fault) || fault.Traceback != "stack traceback:"+want {
			t.Errorf("%s: %q", source, fault.Traceback)
		}
	}
}

// The line that a limit ended is told, and not the one that tried to catch that.
func TestALimitIsToldWhereItWasReached(t *testing.T) {
	for name, source := range map[string]string{
		"plain":          "local function f()\nwhile true do end\nend\nf()",
		"pcall":          "pcall(function()\nwhile true do end\nend)",
		"pcall in pcall": "pcall(function()\npcall(function()\nwhile true do end\nend)\nend)",
		"in a coroutine": "coroutine.wrap(function()\npcall(function()\nwhile true do end\nend) end)()",
		"pcalls":         "while true do pcall(pcall, function()\nwhile true do end\nend) end",
		"xpcall":         "xpcall(function()\nwhile true do end\nend, tostring)",
		"coroutine":      "coroutine.resume(coroutine.create(function()\nwhile true do end\nend))",
		"wrap":           "pcall(coroutine.wrap(function()\nwhile true do end\nend))",
		"pcall of Go":    "pcall(table.sort, {1, 2, 3}, function()\nwhile true do end\nend)",
	} {
		o := sandbox.Options{}
		o.Limits.Instructions = 10_000
		var fault *sandbox.Error
		err := run(t, sandbox.New(o), "a.lua", source)
		if !errors.As(err, &fault) || !errors.Is(err, sandbox.ErrInstructions) || fault.Source != "while true do end" {
			t.Errorf("%s: %v, in the line %q\n%s", name, err, fault.Source, fault.Traceback)
		}
	}
}

func TestErrorsShowTheirLine(t *testing.T) {
	vm := sandbox.New(sandbox.Options{})
	err := run(t, vm, "a.lua", "#!/usr/bin/lua\n\n  local x = nil\r\n\treturn x.y -- here\r\n")
	var fault *sandbox.Error
	if !errors.As(err, &fault) || fault.Source != "return x.y -- here" || fault.Message != `a.lua:4: attempt to index nil "x" with key "y"` {
		t.Errorf("%v: %+v", err, fault)
	}
	err = run(t, vm, "long.lua", "error('x') --"+strings.Repeat("n", 1e5))
	if !errors.As(err, &fault) || len(fault.Source) > 300 {
		t.Errorf("a line of %d bytes", len(fault.Source))
	}
}

// Explaining reads the source again, which a script must not be able to have done
// for every error that it makes.
func TestExplainingIsBounded(t *testing.T) {
	vm := sandbox.New(sandbox.Options{})
	named := 0
	for n := range 100 {
		err := run(t, vm, "a.lua", fmt.Sprintf("%slocal t return t.x", strings.Repeat("\n", n)))
		if strings.Contains(err.Error(), `nil "t"`) {
			named++
		}
	}
	if named < 1 || named > 30 {
		t.Errorf("%d errors explained", named)
	}
}

func TestUndefinedGlobals(t *testing.T) {
	vm := sandbox.New(sandbox.Options{})
	for name, source := range map[string]string{
		"a.lua": "later = 1\nfunction f() return phne, prnt, mine, shared, phne, magic, phone, unheard_of, null end\nfunction g() mine = 2 end\nprint = 1",
		"b.lua": "shared = tostring(1)\nreturn _G.anything",
	} {
		if err := run(t, vm, name, source); err != nil {
			t.Fatal(err)
		}
	}
	meta := vm.State().NewTable()
	meta.RawSetString("__index", vm.State().NewFunction(func(L *lua.LState) int {
		if L.CheckString(2) == "magic" {
			L.Push(lua.LTrue)
			return 1
		}
		return 0
	}))
	vm.State().G.Global.Metatable = meta
	want := []sandbox.Name{
		{Chunk: "a.lua", Line: 2, Name: "null", Hint: "Lua writes nil"},
		{Chunk: "a.lua", Line: 2, Name: "phne", Hint: `did you mean "phone"?`},
		{Chunk: "a.lua", Line: 2, Name: "prnt", Hint: `did you mean "print"?`},
		{Chunk: "a.lua", Line: 2, Name: "unheard_of"},
	}
	got := vm.Undefined([]string{"phone"})
	slices.SortFunc(got, func(a, b sandbox.Name) int { return strings.Compare(a.Name, b.Name) })
	if !slices.Equal(got, want) {
		t.Errorf("undefined: %+v", got)
	}
}
