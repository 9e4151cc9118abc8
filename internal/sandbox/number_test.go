package sandbox

import "testing"

// The results are those of Lua 5.1, but that whole numbers are written digit by digit.
func TestNumbersAndTexts(t *testing.T) {
	for source, want := range map[string]string{
		`give(tostring(1234567.891), 1234567.891 .. "", ("%s"):format(1234567.891), table.concat({1234567.891}))`:                                                      "1234567.891|1234567.891|1234567.891|1234567.891",
		`give(0.1 + 0.2 .. "", 10 / 3 .. "", 1e-5 .. "", -2.5 .. "", 2^53 .. "", 1e15 .. "", 1e100 .. "")`:                                                             "0.3|3.3333333333333|1e-05|-2.5|9007199254740992|1000000000000000|1e+100",
		`give(tostring(1/0), tostring(-1/0), tostring(-(0/0)):match("nan"), ("x"):gsub("x", 1234567.5))`:                                                               "inf|-inf|nan|1234567.5|1",
		`give(tostring(setmetatable({}, {__tostring = function() return "T" end})), pcall(function() tostring() end))`:                                                 "T|false|a.lua:1: bad argument #1 to tostring (value expected)",
		`give(tonumber("1e2"), tonumber(" -0x1F\n"), tonumber("+5."), tonumber(".5E-1"), tonumber("010"))`:                                                             "100|-31|5|0.05|10",
		`give(tonumber("1e400"), tonumber("-1e400"), tonumber(7), tonumber("12345678901234567890"))`:                                                                   "+Inf|-Inf|7|1.2345678901234567e+19",
		`give(tonumber(""), tonumber(" "), tonumber("-"), tonumber("1e"), tonumber("1_0"), tonumber("0x"))`:                                                            "nil|nil|nil|nil|nil|nil",
		`give(tonumber("--5"), tonumber("- 5"), tonumber("0x-1"), tonumber("5 6"), tonumber("1,5"))`:                                                                   "nil|nil|nil|nil|nil",
		`give(tonumber("inf"), tonumber("nan"), tonumber("0b1"), tonumber({}), tonumber(nil), tonumber(true))`:                                                         "nil|nil|nil|nil|nil|nil",
		`give(tonumber("ff", 16), tonumber("0xFF", 16), tonumber(" -zz ", 36), tonumber("8", 8), tonumber(10, 2))`:                                                     "255|255|-1295|nil|2",
		`give(pcall(function() tonumber("1", 37) end)) give(pcall(function() tonumber() end))`:                                                                         "false|a.lua:1: bad argument #2 to tonumber (base out of range)|false|a.lua:1: bad argument #1 to tonumber (value expected)",
		`give(010, 08, 00.5, 0, 0x10, 1e400, 007e1)`:                                                                                                                   "10|8|0.5|0|16|+Inf|70",
		`give(0010, 0017, 00, 010, 08, 0xFFFFFFFFFFFFFFFF == 2^64, 0x200000000000018 == 2^57 + 32, -1e400)`:                                                            "10|17|0|10|8|true|true|-Inf",
		`give(9007199254740993 .. "", 999999999999999999999 == 1e21, 9223372036854775807 == 2^63, 1000000 .. "")`:                                                      "9007199254740992|true|true|1000000",
		`give("010" + 1, "0100" * "2", 7 - "08", "1e1" / 2, "2" ^ "010", -"010")`:                                                                                      "11|200|-1|5|1024|-10",
		`give("7" % 3, -7 % "3", "7" % -3, "-6" % 3, "5.5" % 2)`:                                                                                                       "1|2|-2|0|1.5",
		`give(math.floor("010"), math.max("010", "0x10", 9), ("%d %5.1f %s"):format("010", " 010 ", "010"))`:                                                           "10|16|10  10.0 010",
		`local y, m, d = ("2026-08-09"):match("(%d+)-(%d+)-(%d+)") give(os.date("%F %R", os.time{year = y, month = m, day = d, hour = "010"}), os.date("!%S", "010"))`: "2026-08-09 10:00|10",
		`local n = 1234567.5 give(string.len(n), string.sub(n, 1, 3), string.reverse(n), string.rep(n, 2), string.byte(n, 2))`:                                         "9|123|5.7654321|1234567.51234567.5|50",
		`local n = 0.1 + 0.2 give(string.len(n), string.upper(n), string.lower(n), ("%q"):format(n), string.format(n))`:                                                `3|0.3|0.3|"0.3"|0.3`,
		`local n = 1234567.5 give(string.find(n, 7.5, 1, true), string.match(n, "^%d+"), string.gmatch(n, "%d+$")())`:                                                  "7|1234567|5",
		`local n = 1234567.5 give(("x1234567.5"):find(n), ("1234567.5"):match(n), ("1234567.5"):gmatch(n)(), ("1234567.5"):gsub(n, n))`:                                "2|1234567.5|1234567.5|1234567.5|1",
		`give(string.gsub(1234567.5, "%.", ","))`:                                                                                                                      "1234567,5|1",
		`give(pcall(math.random, "010", "010")) math.randomseed("010") local n = math.random(2^40) math.randomseed(10) give(n == math.random("0x10000000000"))`:        "true|10|true",
		`give(os.difftime("010"), os.difftime("020", "010"), pcall(function() math.random("x") end))`:                                                                  "10|10|false|a.lua:1: bad argument #1 to random (number expected, got string)",
		`give(2^63 .. "", -2^63 .. "", 2^62 .. "", -2^62 .. "")`:                                                                                                       "9.2233720368548e+18|-9223372036854775808|4611686018427387904|-4611686018427387904",
		`give(pcall(function() math.floor("x") end))`:                                                                                                                  "false|a.lua:1: bad argument #1 to floor (number expected, got string)",
		`give(pcall(function() return "a" + 1 end))`:                                                                                                                   "false|a.lua:1: cannot perform add operation between string and number",
		`give(pcall(function() return nil * "1" end))`:                                                                                                                 "false|a.lua:1: cannot perform mul operation between nil and string",
		`give(pcall(function() return -"a" end))`:                                                                                                                      "false|a.lua:1: __unm undefined",
		`local n = setmetatable({}, {__add = function(a, b) return type(a) .. type(b) end}) give(n + "1", "1" + n, "x" + n)`:                                           "tablestring|stringtable|stringtable",
	} {
		if got, err := run(Limits{}, source); err != nil || got != want {
			t.Errorf("%s gives %q, %v, not %q", source, got, err, want)
		}
	}
}

func TestRawsetGivesTheTable(t *testing.T) {
	if got, err := run(Limits{}, `local t = {} give(rawset(t, "a", 1) == t, t.a)`); err != nil || got != "true|1" {
		t.Error(got, err)
	}
}
