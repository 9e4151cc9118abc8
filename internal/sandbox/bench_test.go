package sandbox

import (
	"context"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// What scripts do most, in this VM with its limits beside gopher-lua as it is:
// compare the two of a pair within one run.
var programs = []struct{ name, before, loop string }{
	{"find", `local s = "the phone rings at night, +49 170 1234567"`, `local a, b = s:find("%d+ %d+")`},
	{"find plain", `local s = "the phone rings at night, +49 170 1234567"`, `local a = s:find("night", 1, true)`},
	{"match", `local s = "2026-11-23T22:15:07"`, `local y, m, d = s:match("(%d+)-(%d+)-(%d+)")`},
	{"gmatch", `local s = "one two three four five six"`, `for w in s:gmatch("%a+") do end`},
	{"gsub", `local s = "Hello  World  from   Lua"`, `local r = s:gsub("%s+", " ")`},
	{"gsub captures", `local s = "name=value other=thing"`, `local r = s:gsub("(%w+)=(%w+)", "%2=%1")`},
	{"gsub function", `local s = "hello $name, it is $time" local t = {name = "Bob", time = "night"}`, `local r = s:gsub("%$(%w+)", function(k) return t[k] end)`},
	{"trim of 4 KB", `local s = "  " .. ("word "):rep(800) .. "  "`, `local r = s:match("^%s*(.-)%s*$")`},
	{"concat of two", `local a, b = "call from ", "Alice"`, `local s = a .. b`},
	{"concat of five", `local a, b = "call from ", "Alice"`, `local s = a .. b .. " at " .. 22 .. "h"`},
	{"table.concat", `local t = {"a", "b", "c", "d", "e", "f", "g", "h"}`, `local s = table.concat(t, ",")`},
	{"sort", `local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end`, `table.sort(t, function(a, b) return a > b end) table.sort(t)`},
	{"handler", handlerBefore, `handle({id = "588516572874907240", from = {id = 5, first_name = "Alice", phone = "+491701234567"}, video = false, date = 79200})`},
}

// handlerBefore is what a script of rules is like: tables, strings, branches.
const handlerBefore = `
local blocked, friends, seen = {["+491709999999"] = true}, {[7] = true, [9] = true}, {}
local function night(date) local hour = math.floor(date / 3600) % 24 return hour >= 22 or hour < 7 end
function handle(call)
  local who = call.from
  seen[who.id] = (seen[who.id] or 0) + 1
  if blocked[who.phone] then return "decline", "busy" end
  local words = {}
  for i, name in ipairs({"first_name", "last_name"}) do if who[name] then words[#words + 1] = who[name] end end
  local name = table.concat(words, " ")
  if who.phone:sub(1, 3) == "+49" and not friends[who.id] and night(call.date) then
    return "decline", "Hello " .. name .. ", call number " .. seen[who.id] .. ": I'm asleep."
  end
  return "ring", string.format("%s (%d)", name, who.id)
end`

func BenchmarkBesideStock(b *testing.B) {
	for _, p := range programs {
		source := p.before + "\nreturn function(n) for _ = 1, n do " + p.loop + " end end"
		b.Run(p.name+"/stock", func(b *testing.B) {
			L := lua.NewState()
			defer L.Close()
			fn, err := L.Load(strings.NewReader(source), "a.lua")
			if err != nil {
				b.Fatal(err)
			}
			measure(b, L, fn)
		})
		b.Run(p.name+"/limits", func(b *testing.B) {
			vm := New(Options{Limits: Limits{Instructions: 1 << 50, Time: 1 << 60}})
			defer vm.Close()
			proto, err := Compile("a.lua", source)
			if err != nil {
				b.Fatal(err)
			}
			budget := vm.Budget(context.Background(), nil)
			L := vm.Thread()
			vm.Enter(L, &budget)
			measure(b, L, L.NewFunctionFromProto(proto))
		})
	}
}

// measure runs the loop a hundred times for each round.
func measure(b *testing.B, L *lua.LState, top *lua.LFunction) {
	L.Push(top)
	L.Call(0, 1)
	loop := L.Get(-1)
	b.ReportAllocs()
	for b.Loop() {
		if err := L.CallByParam(lua.P{Fn: loop, Protect: true}, lua.LNumber(100)); err != nil {
			b.Fatal(err)
		}
	}
}
