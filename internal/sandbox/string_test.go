package sandbox

import (
	"strings"
	"testing"
)

// everyCall calls each function of the string library that takes a pattern with
// many of each argument, in one program for both.
const everyCall = `
local patterns = {"a", "b*", "a-", ".-b", "(a)(b?)", "()a()", "^a", "a$", "^", "$", "^$", "%w+", "(%w)%1", "[^ab]+", "%s*(.-)%s*$", "%b()",
  "((.)(.))", "(.)(.)(.)", "(a", "(a))", "[a", "%1", "(a)%2", ".", "%.", "%a%d", "[%w_]+=", "(a*(b*))", "x?y?z?", "\0", "a+b-a*", "(%a+) (%a+)"}
local subjects = {"", "a", "b", "ab", "abab", "aabbaa", "a b a", " ab  ba ", "(a(b)a)b", "a1b22", "key=value", "a\0b", "hello world from lua", "xyzzy"}
local by = {"x", "", "%0%0", "<%1>", "%2%1", "%%", "50%", "%a", {a = "A", b = 1, ab = false}, {"one", "two", "three"},
  function(a, b) if a == "a" then return "<" .. a .. tostring(b) .. ">" end end, function() return false end, 7 and "7"}
local function show(ok, ...)
  if not ok then return give("error") end
  give(tostring((...)), (select(2, ...)), (select(3, ...)), (select(4, ...)), (select(5, ...)))
end
for _, p in ipairs(patterns) do
  for _, s in ipairs(subjects) do
    for init = -3, #s do show(pcall(string.find, s, p, init)) show(pcall(string.match, s, p, init)) end
    show(pcall(string.find, s, p, 1, true))
    show(pcall(function()
      local all = ""
      for a, b, c in string.gmatch(s, p) do all = all .. tostring(a) .. tostring(b) .. tostring(c) .. ";" end
      return all
    end))
    for _, r in ipairs(by) do
      show(pcall(string.gsub, s, p, r))
      for n = 1, 3 do show(pcall(string.gsub, s, p, r, n)) end
    end
  end
end`

func TestPatternFunctionsEqualStock(t *testing.T) {
	want, err := stock(everyCall)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(Limits{Instructions: 1 << 40}, everyCall)
	if err != nil {
		t.Fatal(err)
	}
	given, wanted := strings.Split(got, "|"), strings.Split(want, "|")
	for i := range min(len(given), len(wanted)) {
		if given[i] != wanted[i] {
			t.Fatalf("%d values are the same, then %q, stock %q", i, given[i:i+5], wanted[i:i+5])
		}
	}
	if len(given) != len(wanted) || len(given) < 50_000 {
		t.Errorf("%d values, stock %d", len(given), len(wanted))
	}
}

// Here gopher-lua is not Lua 5.1, whose results these are.
func TestStringsWhereStockIsNotLua(t *testing.T) {
	for source, want := range map[string]string{
		`give(("abc"):find("", 3), ("abc"):find("", 9))`:                                      "3|4|3", // stock: 1|1|0
		`give(("abc"):find("c*", 9), select("#", ("abc"):match("x")))`:                        "4|1",   // nil|0
		`give(("abc"):find("b", 1, true, 1), ("a.c"):find(".", 1, 1))`:                        "2|2|2",
		`give(("a)b"):find("a)"))`:                                                            "1|2", // an error: nothing in it is special to find
		`local f = ("a1b2"):gmatch("%a(%d)") give(f(), f(), f())`:                             "1|2|nil",
		`give(("abc"):gsub("%w", "x", 0))`:                                                    "abc|0",
		`give(("abc"):gsub("%w", "x", -1))`:                                                   "abc|0",
		`give(("abc"):gsub("b", 5))`:                                                          "a5c|1",
		`give(type(string.rep(123, 1)), type((string.gsub(123, "x", ""))))`:                   "string|string",
		`give(pcall(string.gsub, "abc", "b", function() return {} end))`:                      "false|a.lua:1: invalid replacement value (a table)",
		`give(pcall(string.gsub, "abc", "b", {b = true}))`:                                    "false|a.lua:1: invalid replacement value (a boolean)",
		`give(("abc"):byte(), ("abc"):byte(2), ("abc"):byte(-2, 9), ("abc"):byte(4))`:         "97|98|98",
		`give(("Ünïcode\255A"):lower(), ("Ünï"):upper())`:                                     "Ünïcode\xffa|ÜNÏ",
		`give(#("a\255b"):upper(), ("abc"):reverse(), ("x"):rep(3))`:                          "3|cba|xxx",
		`give(table.concat({1, 2, 3}, ", ", 2), table.concat({}), #table.concat({1.5, "x"}))`: "2, 3||4",
	} {
		if got, err := run(Limits{}, source); err != nil || got != want {
			t.Errorf("%s gives %q, %v, not %q", source, got, err, want)
		}
	}
}

// A callback of gsub may use patterns itself, the same one too.
func TestPatternsWithinPatterns(t *testing.T) {
	source := `local function rev(s) return (s:gsub("(.)(.+)", function(c, rest) return rev2(rest) .. c end)) end rev2 = rev
		give(rev("abcdef"), (("a b"):gsub("%a", function(c) for w in ("x y"):gmatch("%a") do c = c .. w end return (c:gsub("%a", "<%0>")) end)))
		for w in ("a b"):gmatch("%a") do pcall(string.gsub, "zzz", "%a", function() error("x") end) give(w) end`
	if got, err := run(Limits{}, source); err != nil || got != "fedcba|<a><x><y> <b><x><y>|a|b" {
		t.Error(got, err)
	}
}
