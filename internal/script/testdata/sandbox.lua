-- What a script cannot reach, and what it can.

local function fails(text, f, ...)
  local ok, err = pcall(f, ...)
  if ok then error("it worked: " .. text, 2) end
  if not tostring(err):find(text, 1, true) then error(("%q does not say %q"):format(tostring(err), text), 2) end
end

local expected = {
  [_G] = [[_G _VERSION assert block coroutine error getmetatable ipairs load loadstring math next note on os pairs panic
    pcall rawequal rawget rawset require select setmetatable string table tonumber tostring type unpack wait xpcall]],
  [string] = "byte char find format gmatch gsub len lower match rep reverse sub upper",
  [table] = "concat getn insert maxn remove sort",
  [os] = "clock date difftime time",
  [coroutine] = "create resume running status wrap yield",
  [math] = [[abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min mod modf pi pow rad
    random randomseed sin sinh sqrt tan tanh]],
}
for module, names in pairs(expected) do
  local want, got = {}, {}
  for name in names:gmatch("%S+") do want[name] = true end
  for name in pairs(module) do
    if not want[name] then error("a script sees " .. name) end
    want[name] = nil
  end
  if next(want) then error("a script misses " .. next(want)) end
end

on("test", function() -- shared metatables
  assert(getmetatable("") == false)
  fails("table expected", setmetatable, "", {})
  fails("table expected", setmetatable, print, {})
  fails("table expected", setmetatable, nil, {})
  fails("protected", setmetatable, setmetatable({}, {__metatable = 1}), {})
  assert(("x"):rep(3) == "xxx")
end)

on("test", function() -- sizes
  assert(#("x"):rep(1048576) == 1048576 and ("x"):rep(-1) == "" and (""):rep(1e12) == "")
  local long = ("%%"):rep(400000)
  fails("longer than", os.date, long)
  fails("longer than", string.find, "x", long)
  fails("longer than", string.gmatch, "x", long)
  local t = {}
  t[60000000] = 1
  assert(t[60000000] == 1)
  fails("too many results", unpack, {}, 1, 1e8)
end)

on("test", function() -- strings still work
  local words = {}
  for w in ("one two"):gmatch("%a+") do words[#words + 1] = w end
  assert(#words == 2 and words[2] == "two")
  for k, v in ("a=1"):gmatch("(%w)=(%w)") do assert(k == "a" and v == "1") end
  assert(("a.b"):find(".", 1, true) == 2 and ("key=val"):match("=(.*)") == "val")
  assert(("x y"):gsub(" ", "-") == "x-y")
end)

on("test", function() -- string.format
  local told = setmetatable({}, {__tostring = function() return block("told") end})
  for want, got in pairs({
    ["  3.1|ab  |%|007"] = ("%5.1f|%-4s|%%|%03d"):format(3.14159, "ab", 7),
    ["-7 7 +7 0x1f 1F 17"] = ("%d %i %+d %#x %X %o"):format(-7, 7.9, 7, 31, 31, 15),
    ["nil true told told"] = ("%s %s %s %.4s"):format(nil, true, told, "told you"),
    ["3.14159 1e+20 0.0001 1e-05 100000 1e+06"] = ("%g %g %g %g %g %g"):format(math.pi, 1e20, 1e-4, 1e-5, 1e5, 1e6),
    ["1.500000 1.5e+00 2"] = ("%f %.1e %.0f"):format(1.5, 1.5, 2.2),
    ["inf  -inf nan"] = ("%f %5.1f %s"):format(math.huge, -math.huge, "nan"),
    ["Aé 18446744073709551615"] = ("%c%s %u"):format(65, "é", -1),
    ['"a\\\\b\\"c\\\\\\000"'] = ("%q"):format('a\\b"c\\\0'),
    ["plain"] = ("plain"):format(1, 2),
  }) do
    if got ~= want then error(("format gives %s, want %s"):format(got, want)) end
  end
  assert(loadstring("return " .. ("%q"):format('a\n"\\\r\0z'))() == 'a\n"\\\r\0z')
  for _, bad in ipairs({"%", "%999d", "%5", "%v", "%p", "%*d", "%.100f", "%ld", "%00000000d"}) do
    fails("invalid option '%", string.format, bad, 1)
  end
  fails("number expected, got string", string.format, "%d", "x")
  fails("number expected, got nil", string.format, "%d")
  fails("value expected", string.format, "%s")
end)

on("test", function() -- code from text
  assert(loadstring("return 1 + 1")() == 2)
  local f, err = loadstring("x = = 1", "rule")
  assert(f == nil and err == "[string \"rule\"]:1: near '=': syntax error", err)
  f, err = pcall(loadstring("error('x')", "=good.lua"))
  assert(not f and err == '[string "good.lua"]:1: x', err)
  assert(loadstring("\27Lua") == nil, "bytecode")
  f, err = pcall(loadstring("error('x')", ("n"):rep(1e6)))
  assert(not f and #err < 100, #err)
  local pieces = {"return ", "4", "2"}
  assert(load(function() return table.remove(pieces, 1) end)() == 42)
  fails("longer than", load, function() return ("x"):rep(1000000) end)
end)

on("test", function() -- assert
  local thing = {}
  local ok, err = pcall(assert, nil, thing)
  assert(not ok and err == thing)
  ok, err = pcall(assert, false, "why")
  assert(not ok and err == "why")
  fails("assertion failed!", assert, nil)
  fails("value expected", assert)
  assert(select("#", assert(1, 2, 3)) == 3)
end)

on("test", function() -- error
  local function blame(level) error("x", level) end
  local function where(level) return select(2, pcall(function()
    blame(level)
  end)) end
  assert(where(0) == "x")
  local one, two = where(1):match("^sandbox.lua:(%d+): x$"), where(2):match("^sandbox.lua:(%d+): x$")
  assert(two - one == 2, one .. " " .. two)
  assert(select(2, pcall(error)) == nil and select(2, pcall(error, 7)) == 7)
end)

on("test", function() -- math
  assert(math.huge == 1 / 0 and -math.huge == -1 / 0)
  fails("interval", math.random, 0)
  fails("interval", math.random, 2, 1)
  fails("interval", math.random, -2 ^ 62, 2 ^ 62 + 1e18)
  for _ = 1, 100 do
    local r = math.random(3)
    assert(r >= 1 and r <= 3 and r % 1 == 0)
    r = math.random()
    assert(r >= 0 and r < 1)
  end
  math.randomseed(5)
  local a = math.random(1e9)
  math.randomseed(5)
  assert(math.random(1e9) == a)
end)

on("test", function() -- os.date and os.time
  assert(os.date("!%Y-%m-%d %H:%M:%S", 0) == "1970-01-01 00:00:00")
  assert(os.date("!%a %A %b %d %e %j %p %y %w %u %% %F %R", 1e9) == "Sun Sunday Sep 09  9 252 AM 01 0 7 % 2001-09-09 01:46")
  local t = os.date("!*t", 1e9)
  assert(t.year == 2001 and t.month == 9 and t.day == 9 and t.hour == 1 and t.wday == 1 and t.yday == 252 and t.isdst == false)
  assert(os.date("%Y", nil) == os.date("%Y") and os.date("*t").year >= 2026 and type(os.date()) == "string")
  for _, bad in ipairs({"%", "%Q", "%E", "!%", "%5d"}) do fails("bad argument #1 to date", os.date, bad) end
  for _, bad in ipairs({1e300, -1e300, 0 / 0, math.huge}) do fails("bad argument #2 to date", os.date, "%c", bad) end
  local noon = os.time({year = 2026, month = 3, day = 1})
  assert(os.date("%Y-%m-%d %H:%M", noon) == "2026-03-01 12:00")
  assert(os.time({year = 2026, month = 3, day = 32}) == os.time({year = 2026, month = 4, day = 1}))
  fails("field 'day'", os.time, {year = 2026, month = 3})
  fails("field 'year'", os.time, {year = 0 / 0, month = 3, day = 1})
  fails("table expected", os.time, "now")
  assert(os.difftime(5, 3) == 2 and os.clock() >= 0)
end)
