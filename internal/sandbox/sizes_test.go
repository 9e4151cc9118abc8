package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// makers make a text of N bytes with one function each, and give its length.
var makers = map[string]string{
	"rep":         `give(#("x"):rep(N))`,
	"format":      `give(#("%s%s"):format(("x"):rep(N / 2), ("x"):rep(N / 2)))`,
	"format of q": `give(#("%q"):format(("x"):rep(N - 2)))`,
	"format of d": `give(#(("%99d"):rep(N / 99) .. ("x"):rep(N % 99)):format(unpack((function() local t = {} for i = 1, N / 99 do t[i] = i end return t end)())))`,
	"format text": `local s = ("x"):rep(N - 2) give(#(s .. "%d"):format(10))`,
	"gsub text":   `give(#("aa"):gsub("a", ("x"):rep(N / 2)))`,
	"gsub call":   `local h = ("x"):rep(N / 2) give(#("aa"):gsub("a", function() return h end))`,
	"gsub table":  `give(#("aa"):gsub("a", {a = ("x"):rep(N / 2)}))`,
	"gsub %1":     `give(#("xx"):rep(N / 20):gsub("(.+)", "%1%1%1%1%1%1%1%1%1%1"))`,
	"gsub rest":   `give(#("a" .. ("x"):rep(N - 2)):gsub("^a", "bb"))`,
	"concat":      `local h = ("x"):rep(N / 2) give(#table.concat({h, h}))`,
	"concat by":   `give(#table.concat({"", "", ""}, ("x"):rep(N / 2)))`,
	"..":          `local h = ("x"):rep(N / 2) give(#(h .. h))`,
	".. of five":  `local h = ("x"):rep(N / 5) give(#(h .. h .. h .. h .. h))`,
	"upper":       `give(#(("ɐ"):rep(N / 3)):upper())`, // longer by half
}

// holds are ways to go on after an error.
var holds = []string{
	`pcall(function() %s end) give("went on")`,
	`xpcall(function() %s end, function() give("went on") end) give("went on")`,
	`pcall(pcall, function() %s end) give("went on")`,
	`coroutine.resume(coroutine.create(function() %s end)) give("went on")`,
	`pcall(coroutine.wrap(function() pcall(function() %s end) give("went on") end)) give("went on")`,
	`local t = setmetatable({}, {__index = function() %s end}) pcall(function() return t.x end) give("went on")`,
}

// Each function makes texts up to the limit, and nothing longer.
func TestTextsAreBounded(t *testing.T) {
	const limit = 9900
	for name, source := range makers {
		exact, longer := strings.ReplaceAll(source, "N", "9900"), strings.ReplaceAll(source, "N", "19800")
		if got, err := run(Limits{String: limit}, exact); err != nil || !strings.HasPrefix(got, "9900") {
			t.Errorf("%s, at the limit: %s, %v", name, got, err)
		}
		if got, err := run(Limits{String: limit + 1}, exact); err != nil {
			t.Errorf("%s, below the limit: %s, %v", name, got, err)
		}
		if _, err := run(Limits{String: limit - 1}, exact); err == nil || !strings.Contains(err.Error(), "would be longer than 9899 bytes (limits.string)") {
			t.Errorf("%s, one byte too long: %v", name, err)
		}
		for _, hold := range holds {
			if got, err := run(Limits{String: limit}, fmt.Sprintf(hold, longer)); !errors.Is(err, ErrText) || got != "" {
				t.Errorf("%s, held by %s: %s, %v", name, hold, got, err)
			}
		}
	}
}

func TestStepsOfPatternsAreBounded(t *testing.T) {
	// One place in the subject costs one step, and the match itself some.
	for name, source := range map[string]string{
		"find":   `give(("ab"):rep(500):find("a-%db"))`,
		"match":  `give(("ab"):rep(500):match("(a-)%db"))`,
		"gmatch": `for s in ("ab"):rep(500):gmatch("a-%d") do give(s) end`,
		"gsub":   `give(("ab"):rep(500):gsub("a-%d", ""))`,
	} {
		if _, err := run(Limits{Pattern: 10_000}, source); err != nil {
			t.Errorf("%s, within: %v", name, err)
		}
		if _, err := run(Limits{Pattern: 100}, source); err == nil || err.Error() != "a.lua:1: too slow a pattern: it takes more than 100 steps (limits.pattern)" {
			t.Errorf("%s, beyond: %v", name, err)
		}
		for _, hold := range holds {
			if got, err := run(Limits{Pattern: 100}, fmt.Sprintf(hold, source)); !errors.Is(err, ErrPattern) || got != "" {
				t.Errorf("%s, held by %s: %s, %v", name, hold, got, err)
			}
		}
	}
	// Each step of gmatch has steps of its own, a gsub has them for all matches.
	if got, err := run(Limits{Pattern: 100}, `local n = 0 for _ in ("ab"):rep(500):gmatch("a") do n = n + 1 end give(n)`); err != nil || got != "500" {
		t.Errorf("gmatch of many: %s, %v", got, err)
	}
	if _, err := run(Limits{Pattern: 100}, `("ab"):rep(500):gsub("[a]b?", "")`); err == nil {
		t.Error("gsub of many is not bounded")
	}
}

func TestValuesAreBounded(t *testing.T) {
	limits := strings.NewReplacer("MAX", strconv.Itoa(maxArrayIndex-1)).Replace
	for source, want := range map[string]string{
		`give(select("#", unpack({}, 1, 50000)))`:                                                             "50000",
		`give(select("#", unpack({}, -1e9, -1e9 + 2)))`:                                                       "3",
		`give(unpack({[0] = 1, [1e9] = 2}, 0, 0))`:                                                            "1",
		`give(select("#", ("x"):rep(50000):byte(1, -1)))`:                                                     "50000",
		`give(unpack({}, 5, 4), unpack({}, 1, -1e18))`:                                                        "nil",
		`local t = {} t[1e9] = 1 table.insert(t, 1e8, 2) give(#t, t[1e8])`:                                    "0|2",
		`local t = {1, 2} table.insert(t, -1e18, 3) give(#t, t[-1e18])`:                                       "2|3",
		`local t = {1, 2} table.insert(t, MAX - 1, 3) give(t[MAX - 1])`:                                       "3",
		`local t = {} for i = 1, MAX do t[i] = i end give(#t, t[MAX])`:                                        "MAX|MAX",
		`local t = {} for i = 1, MAX + 5 do t[i] = i end for i in ipairs(t) do last = i end give(last - MAX)`: "5",
		`for i, v in ipairs({1, 2, nil, 4}) do give(i, v) end for i in ipairs({}) do give(i) end`:             "1|1|2|2",
		`local t = {1, 2} t[2] = nil give(table.remove(t), table.remove(t))`:                                  "1|nil",
		`give(#("").rep("", 1e9), #("x"):rep(0), #("x"):rep(-1e18), #("x"):rep(0 / 0))`:                       "0|0|0|0",
	} {
		if got, err := run(Limits{}, limits(source)); err != nil || got != limits(want) {
			t.Errorf("%s gives %s, %v, not %s", source, got, err, want)
		}
	}
	full := `local t = {} for i = 1, MAX do t[i] = i end `
	for source, want := range map[string]string{
		`unpack({}, 1, 60001)`:                       "too many results to unpack: more than 60000",
		`unpack({}, -1e18, 1e18)`:                    "too many results to unpack: more than 60000",
		`("x"):rep(60001):byte(1, -1)`:               "string slice too long",
		full + `table.insert(t, 1)`:                  "bad argument #1 to insert (the list would be longer than MAX values)",
		full + `table.insert(t, 1, 1)`:               "bad argument #1 to insert (the list would be longer than MAX values)",
		`table.concat({1, 2}, "", 1, 1e15)`:          "invalid value (nil) at index 3 in table for concat",
		`("x"):find(("x"):rep(65536) .. "*")`:        "bad argument #2 (a pattern longer than 65536 bytes)",
		`loadstring(("x"):rep(65537))`:               "the source is longer than 65536 bytes",
		`load(function() return ("x"):rep(999) end)`: "the source is longer than 65536 bytes",
		`string.char(256)`:                           "bad argument #1 to char (invalid value)",
	} {
		if _, err := run(Limits{}, limits(source)); err == nil || err.Error() != "a.lua:1: "+limits(want) {
			t.Errorf("%s: %v, not %s", source, err, want)
		}
	}
}

// What a library function does for a script, the script pays for: whatever one
// call costs, a loop of them ends when the instructions are used up, and pcall
// holds nothing up.
func TestTheLibraryIsPaidFor(t *testing.T) {
	const before = `local big = ("x"):rep(2^20) local other = big:sub(2) .. "y" local pair = {} for i = 1, 40 do pair[i] = i % 2 == 0 and big or other end
		local list = {} for i = 1, 20000 do list[i] = i end local odd = ("%%"):rep(2^19) local fun = function() end `
	enough := Limits{Instructions: 160_000}
	if _, err := run(enough, before+"for _ = 1, 100 do pcall(function() local _ = #list end) end"); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]string{
		"rep":          `big:rep(1)`,
		"reverse":      `big:reverse()`,
		"upper":        `big:upper()`,
		"lower":        `big:lower()`,
		"plain find":   `big:find("y", 1, true)`,
		"find":         `big:find("%d")`,
		"match":        `big:match("(x-)%d")`,
		"gmatch":       `big:gmatch("%d")()`,
		"gsub":         `big:gsub("%d", "")`,
		"gsub matches": `big:sub(1, 9999):gsub(".", fun)`,
		"gsub empty":   `("x"):gsub("x", odd)`,
		"steps":        `("x"):rep(150):find("(x*)(x*)%d")`,
		"compile":      `big:find(("x?"):rep(9999))`,
		"concat":       `table.concat(list)`,
		"..":           `local _ = big:sub(2) .. "x"`,
		"format":       `("%s"):format(big)`,
		"byte":         `big:byte(1, 20000)`,
		"char":         `string.char(big:byte(1, 20000))`,
		"unpack":       `unpack(list)`,
		"select":       `select(20000, unpack(list))`,
		"insert first": `table.insert(list, 1, 1) table.remove(list, 1)`,
		"maxn":         `table.maxn(list)`,
		"sort":         `table.sort(list)`,
		"sort long":    `table.sort(pair)`,
		"sort liar":    `table.sort(list, function() return true end)`,
		"sort endless": `table.sort(list, function() while true do end end)`,
		"loadstring":   `loadstring(("x = 1 "):rep(10000))`,
		"load":         `load(function() return "x = 1 " end)`,
	} {
		source := before + "while true do pcall(function() " + call + " end) end"
		if _, err := run(Limits{Instructions: 500_000}, source); !errors.Is(err, ErrInstructions) {
			t.Errorf("%s: %v", name, err)
		}
		// A hundred calls take more than a hundred that do nothing.
		loop := fmt.Sprintf("for _ = 1, 100 do pcall(function() %s end) end", call)
		if _, err := run(enough, before+loop); !errors.Is(err, ErrInstructions) {
			t.Errorf("%s is not paid for: %v", name, err)
		}
	}
}

// One call ends in the middle, and not only the loop around it: a sort that is
// longer than the instructions allow leaves its list as it was.
func TestACallEndsWithTheInstructions(t *testing.T) {
	source := `local a, b = ("x"):rep(2^20), ("x"):rep(2^20 - 1) .. "y" list = {} for i = 1, 40 do list[i] = i % 2 == 0 and a or b end
		table.sort(list) `
	if got, err := run(Limits{}, source+"give(list[1] == list[2])"); err != nil || got != "true" {
		t.Fatalf("with instructions enough: %s, %v", got, err)
	}
	vm := New(Options{Limits: Limits{Instructions: 200_000}})
	defer vm.Close()
	proto, err := Compile("a.lua", source)
	if err != nil {
		t.Fatal(err)
	}
	b := vm.Budget(context.Background(), nil)
	L := vm.Thread()
	vm.Enter(L, &b)
	L.Push(L.NewFunctionFromProto(proto))
	if err := vm.Call(L, 0); !errors.Is(err, ErrInstructions) {
		t.Fatal(err)
	}
	if list := L.GetGlobal("list").(*lua.LTable); list.RawGetInt(1) == list.RawGetInt(2) {
		t.Error("the list was sorted")
	}
}

// A comparator that contradicts itself gives some order of the same values.
func TestSortWithLiars(t *testing.T) {
	for _, liar := range []string{
		`function() return true end`, `function() return math.random() < 0.5 end`, `function(a, b) return a ~= b end`,
		`function(a, b) t[#t + 1] = 1 return a < b end`, `function(a, b) for i = 1, #t do t[i] = nil end return a < b end`,
		`function(a, b) table.sort(t) return a > b end`,
	} {
		source := `t = {} for i = 1, 100 do t[i] = i end table.sort(t, ` + liar + `)
			local seen, n = {}, 0 for i = 1, 100 do if not seen[t[i]] then seen[t[i]], n = true, n + 1 end end give(n)`
		if got, err := run(Limits{Instructions: 100_000_000}, source); err != nil || got != "100" {
			t.Errorf("%s: %s, %v", liar, got, err)
		}
	}
	for source, want := range map[string]string{
		`table.sort({1, "a"})`:                             "attempt to compare",
		`table.sort({1, 2, 3}, 5)`:                         "function expected",
		`table.sort({3, 1}, function() error("mine") end)`: "mine",
	} {
		if _, err := run(Limits{}, source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
