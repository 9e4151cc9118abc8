package sandbox

import (
	"context"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// run runs source in a VM of its own and gives what it returns, as text.
func run(limits Limits, source string) (string, error) {
	proto, err := Compile("a.lua", source)
	if err != nil {
		return "", err
	}
	vm := New(Options{Limits: limits})
	defer vm.Close()
	b := vm.Budget(context.Background(), nil)
	L := vm.Thread()
	vm.Enter(L, &b)
	defer vm.Leave(L, false)
	var results []string
	L.Push(L.NewFunction(func(L *lua.LState) int {
		for i := range L.GetTop() {
			results = append(results, L.Get(i+1).String())
		}
		return 0
	}))
	L.SetGlobal("give", L.Get(-1))
	L.Pop(1)
	L.Push(L.NewFunctionFromProto(proto))
	err = vm.Call(L, 0)
	return strings.Join(results, "|"), err
}

// stock runs it in gopher-lua as it is.
func stock(source string) (string, error) {
	L := lua.NewState()
	defer L.Close()
	var results []string
	L.SetGlobal("give", L.NewFunction(func(L *lua.LState) int {
		for i := range L.GetTop() {
			results = append(results, L.Get(i+1).String())
		}
		return 0
	}))
	fn, err := L.Load(strings.NewReader(source), "a.lua")
	if err == nil {
		L.Push(fn)
		err = L.PCall(0, 0, nil)
	}
	return strings.Join(results, "|"), err
}

// What .. gives, what it calls, and the errors that it raises are gopher-lua's.
func TestConcatEqualsStock(t *testing.T) {
	sources := []string{
		`give("a" .. "b", "a" .. 1, 1 .. 2, 1 .. "", "a" .. "b" .. "c" .. 4 .. 5)`,
		`give(1 .. "", -0 .. "", 1.5 .. "", 1e15 .. "", 1e300 .. "", 0.1 .. "", 1e-7 .. "", 2^53 .. "", -2^63 .. "")`,
		`local function f(...) return ..., ... end give("a" .. f(1, 2), f(3, 4) .. "b", (f(5)) .. (f(6)))`,
		`local function f(...) return "a" .. ... end give(f(1, 2))`,
		`local function f(...) local t = {"a" .. ..., ...} return #t, t[1], t[2], t[3] end give(f(1, 2))`,
		`local function f(a, b) a = a .. b; b = a .. b .. a; return a, b end give(f("x", "y"))`,
		`local function f(s) s = s .. s; return s .. s end give(f("x"))`,
		`local function f(s) local t = s .. "!"; t = t .. t; return t, #(s .. t), (s .. t):upper(), -("1" .. s) end give(f("2"))`,
		`local t = {} t["a" .. 1], t.b = "x" .. "y", "z" .. "w" give(t.a1, t.b, ({"k" .. 1})[1], ({["k" .. 1] = 2}).k1)`,
		`local n = 0 local function c(v) n = n * 10 + v return v end local _ = c(1) .. c(2) .. (c(3) .. c(4)) .. c(5) give(n)`,
		`if "a" .. "b" == "ab" and not ("a" .. "b" ~= "ab") then give("yes") end while "a" .. "b" ~= "ab" do end`,
		`for i = "1" .. "0", "1" .. "2" do give(i) end for k, v in pairs({"x" .. "y"}) do give(k, v) end`,
		`local s = "" for i = 1, 10 do s = s .. i .. "," end give(s)`,
		`local function f() return "a" .. "b", "c" .. "d" end give(f())`,
		`local function f() return "a" .. "b" end give(f(), (f()))`,
		`give(select("#", "a" .. "b"), #("a" .. "\0\0.." .. "\0.."), "\0.." .. "x", ("\0...." .. "y"))`,
		`local a, b, c = "\0..", "\0...", "\0.." .. "" give(a, b, c, a == c)`,
		`local up = "u" local function f() up = up .. "v" return function() return up .. "w" end end give(f()(), up)`,
		`repeat local s = "a" .. "b" until s .. "c" == "abc" give("done")`,
		`local s = "a" .. (function() return "b" .. "c" end)() .. "d" give(s)`,
		`give((("a" .. "b") .. "c") .. ("d" .. ("e" .. "f")))`,
		`give(1 + 2 .. 3 * 4, "a" .. 2 ^ 2, not ("a" .. "b"), "a" .. "b" < "b" .. "a")`,
		`global = "g" .. 1 give(global .. global)`,
		`local t = setmetatable({}, {__concat = function(a, b)
			return (type(a) == "table" and "T" or "<" .. a .. ">") .. (type(b) == "table" and "T" or "<" .. b .. ">") end})
		give(t .. "a", "a" .. t, t .. t, 1 .. 2 .. t, t .. 1 .. 2, "a" .. "b" .. t .. "c" .. "d", nil)`,
		`local t = setmetatable({}, {__concat = function(a, b) return b end}) give(type(nil), type(t .. nil), type(t .. {}), (t .. 5))`,
		`local t = setmetatable({}, {__concat = 5}) give(t .. "a")`,
		`local x local s = "a" .. x`,
		`local s = "a" ..
			"b" .. nil ..
			"c"`,
		"local s\ns = {} .. 'a'",
		"local s\n\nlocal function f()\n  return 'a' .. next\nend\nf()",
		`give(pcall(function() return "a" .. true end))`,
		`give("a" .. "b" .. {} .. "c" .. nil)`,
		`local t = setmetatable({}, {__concat = function() error("mine") end}) give(1 .. t)`,
		`give(xpcall(function() return 1 .. {} end, function(e) return "handled " .. e end))`,
		"give(" + strings.TrimSuffix(strings.Repeat(`"x" .. `, 190), ` .. `) + ")",
	}
	for n := 2; n < 12; n++ {
		sources = append(sources, "local a, b, c = 'p', 2, 'q' give("+strings.Repeat("a .. b .. ", n)+"c)")
	}
	for _, source := range sources {
		want, stockErr := stock(source)
		got, err := run(Limits{}, source)
		if got != want || (err == nil) != (stockErr == nil) {
			t.Errorf("%s\ngives %s, %v\nstock %s, %v", source, got, err, want, stockErr)
		} else if err != nil && err.Error() != stockErr.(*lua.ApiError).Object.String() {
			t.Errorf("%s\nfails with %v\nstock with %v", source, err, stockErr)
		}
	}
}

// gopher-lua puts what it calls in the parameter's place, and assigns one after
// the other.
func TestAssignments(t *testing.T) {
	for source, want := range map[string]string{
		`local function f(s) s = (tostring(s)) return s end give(f(5))`:                                              "5",
		`local function f(s) s = (string.gsub(s, "a", s .. s)) return s end give(f("a"))`:                            "aa",
		`local function f(s) s = (s:gsub("a", s)) return s end give(f("a"))`:                                         "a",
		`local function f(s) local x s, x = tostring(s), 1 return s, x end give(f(5))`:                               "5|1",
		`local function f(s) local x x, s = 1, (tostring(s)) return s, x end give(f(5))`:                             "5|1",
		`local function f(s) local x s, x = s .. s, s return s, x end give(f(5))`:                                    "55|5",
		`local function f(s) local x x, s = s, s .. s return s, x end give(f(5))`:                                    "55|5",
		`local function f(s) local x s, x = s .. s return s, x end give(f(5))`:                                       "55|nil",
		`local function f(s) local x s, x = (unpack(s)) return s, x end give(f({1, 2}))`:                             "1|nil",
		`local function f(s) local t = {} s, t[s] = s .. 1, s .. 2 return s, t[5] end give(f(5))`:                    "51|52",
		`local function f(s) s = s and s .. 1 or s .. 2 return s end give(f(5))`:                                     "51",
		`local function f(s) local x s, x = false or tostring(s), (function() return nil end)() give(s, x) end f(5)`: "5|nil",
		`local function f(s, ...) s = s .. ... return s end give(f(1, 2, 3))`:                                        "12",
		`local a, b = 1, 2 a, b = b, a give(a, b)`:                                                                   "2|1",
		`local a, b = 0, 1 for i = 1, 5 do a, b = a + b, a end give(a, b)`:                                           "5|3",
		`local i, t = 1, {} i, t[i] = i + 1, 20 give(i, t[1], t[2])`:                                                 "2|20|nil",
		`local i, t = 1, {} t[i], i, t[i + 1] = 5, 6, 7 give(t[1], i, t[2])`:                                         "5|6|7",
		`local a a = {x = {}} a.x.y, a.x, a = 1, 2, a.x give(a.y)`:                                                   "1",
		`a, b = 1, 2 a, b = b, a give(a, b)`:                                                                         "2|1",
		`local a, b, c local function f() return 1, 2, 3 end a, b, c = f() give(a, b, c)`:                            "1|2|3",
		`local a, b, c local function f() return 1, 2, 3 end a, b, c = f(), f() give(a, b, c)`:                       "1|1|2",
		`local a, b local function f() return 1, 2, 3 end a, b = f(), f(), f() give(a, b)`:                           "1|1",
		`local a, b = 1, 2 local function f() a, b = b, a end f() give(a, b)`:                                        "2|1",
		`local function f(...) local a, b a, b = ... return a, b end give(f(1, 2, 3))`:                               "1|2",
		`local a, b = 1, 2 a, b = nil give(a, b)`:                                                                    "nil|nil",
		`local function f(s) s = (rawequal(s, 1)) return s end give(f(2))`:                                           "false",
		`local function f(a, s) a, s = rawequal(s, 1), a .. s return a, s end give(f(1, 2))`:                         "false|12",
	} {
		if got, err := run(Limits{}, source); err != nil || got != want {
			t.Errorf("%s gives %s, %v, not %s", source, got, err, want)
		}
	}
}

func TestConcatIsBounded(t *testing.T) {
	limits := Limits{String: 1000}
	for _, source := range []string{
		`local s = ("x"):rep(500) give(#(s .. s))`,
		`local s = ("x"):rep(100) give(#(s .. s .. s .. s .. s .. s .. s .. s .. s .. s))`,
		`local s = ("x"):rep(999) give(#(1 .. s))`,
	} {
		if got, err := run(limits, source); err != nil || got != "1000" {
			t.Errorf("%s: %s, %v", source, got, err)
		}
		longer := strings.Replace(source, "give(", `give("" .. "y" .. `, 1)
		longer = strings.Replace(longer, "#(", "(", 1)
		if _, err := run(limits, longer); err == nil || err.Error() != "a.lua:1: too long a text: the result of .. would be longer than 1000 bytes (limits.string)" {
			t.Errorf("%s: %v", longer, err)
		}
	}
}
