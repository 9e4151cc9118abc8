-- Each event is a test of its own; the clock moves as timer_test.go says.

local ran = {}

after(0, function() table.insert(ran, "top") end)

on("unnamed", function()
  local t = after("90s", function(timer)
    assert(timer.name == nil and timer.due == nil and timer.data == nil)
    note("ninety")
  end)
  assert(tostring(t) == "timer", tostring(t))
  assert(t.due == os.time() + 90, t.due)
  assert(not pcall(function() t.due = 1 end))
  local stopped = after("10s", function() note("stopped") end)
  assert(stopped:stop() == true and stopped:stop() == false and stopped.due == nil)
  local n = 0
  every("40s", function(timer)
    n = n + 1
    note("every " .. n)
    if n == 3 then
      assert(timer:stop() == true)
      assert(timer.due == nil)
    end
  end)
end)

local listed -- poll, as timers gives it

on("named", function()
  listed = timers("poll")[1]
  local t = after("30m", "call-back", {user = "1234567890123456789", list = {1, 2}})
  assert(tostring(t) == "timer call-back", tostring(t))
  assert(t.name == "call-back" and t.due == os.time() + 1800)
  assert(t.data.user == "1234567890123456789" and #t.data.list == 2)
  t.data.user = "changed"
  assert(t.data.user == "1234567890123456789", "a copy each time")
  local second = after("10m", "call-back")
  assert(second.data == nil)
  assert(#timers() == 3 and #timers("call-back") == 2 and #timers("nobody") == 0)
  assert(timers("call-back")[1]:stop() == true)
  assert(second:stop() == false and second.due == nil)
  assert(timers("call-back")[1].data.list[2] == 2)
end)

on("timer.call-back", function(timer)
  note(timer.name .. " " .. timer.data.user .. " " .. os.time() - timer.due .. " " .. timer.late)
end)

local poll = every("1h", "poll", {n = 7})
assert(poll.name == "poll" and poll.data.n == 7 and poll.due == os.time() + 3600)

on("timer.poll", function(timer)
  note("poll " .. timer.data.n)
  assert(poll.due == timer.due + 3600 and listed.due == poll.due, "the next")
  if #timers("poll") == 1 then assert(poll:stop() == true) end
  assert(poll.due == nil and #timers("poll") == 0)
end)

local function refuse(want, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "not refused, wanted " .. want)
  assert(tostring(err):find(want, 1, true), "want " .. want .. "\ngot  " .. tostring(err))
  assert(tostring(err):find("^timers.lua:%d+: "), err)
end

on("mistakes", function()
  local fn = function() end
  refuse('after: delay: ', after, "soon", fn)
  refuse('after: delay: missing, expected a duration', after)
  refuse('after: delay: at most ten years', after, "4000d", fn)
  refuse('after: what: missing, expected a function, or a name', after, 1)
  refuse('after: what: expected a function, or a name of up to 64 letters, digits, ".", "_" and "-", such as "call-back", got string "call back"', after, 1, "call back")
  refuse('after: nothing in this script handles "timer.call-bak" (did you mean "call-back"?): write on("timer.call-bak", function(timer) … end)', after, 1, "call-bak")
  refuse('after: data: these are options, which come after the data: after(…, "call-back", nil, {…})', after, 1, "call-back", {missed = "skip"})
  refuse('after: options.missed: expected "run", "skip" or a duration such as "1h", got string "never"', after, 1, "call-back", nil, {missed = "never"})
  refuse('after: options.mised: unknown field (did you mean "missed"?)', after, 1, "call-back", nil, {mised = "skip"})
  refuse('after: options.missed: a function is gone when luahost ends', after, 1, fn, {missed = "skip"})
  refuse('after: data.fn: ', after, 1, "call-back", {fn = fn})
  refuse('after: data: ', after, 1, "call-back", {big = ("x"):rep(20000)})
  refuse('after: takes 3 arguments, got 4', after, 1, fn, nil, 4)
  refuse('every: period: at most once a second', every, 0.5, fn)
  refuse('every: period: expected a duration', every, 0, fn)
  refuse('every: a timer with a name is written at the top of the script, not in a handler', every, 1, "poll")
  refuse('daily: time: expected a time such as "07:30", got string "9:00" (did you mean "09:00"?)', daily, "9:00", fn)
  refuse('daily: time: expected a time such as "07:30", got string "24:00"', daily, "24:00", fn)
  refuse('daily: options.tz: expected the name of a time zone, such as "Europe/Berlin", got string "Europe/Berln" (did you mean "Europe/Berlin"?)', daily, "09:00", fn, {tz = "Europe/Berln"})
  refuse('daily: options.days: expected a day', daily, "09:00", fn, {days = "mondy"})
  refuse('daily: options.missed: a function is gone', daily, "09:00", fn, {missed = "run"})
  refuse('daily: a timer with a name is written at the top', daily, "09:00", "poll", nil, {days = "mon-fri", tz = "UTC", missed = "1h"})
  refuse('daily: data: these are options', daily, "09:00", "poll", {tz = "UTC"})
  refuse('cron: expression: minute "61": expected 0-59 (end of range (61) above maximum (59): 61)', cron, "61 * * * *", fn)
  refuse('cron: expression: expected five fields (minute, hour, day of the month, month, day of the week), got 6', cron, "0 */5 * * * *", fn)
  refuse('cron: expression: day of the week "mo": expected 0-7 or sun-sat, as in *, 5, 1-5, 1,3 or */2', cron, "0 0 * * mo", fn)
  refuse('cron: expression: there is no "@dayly" (did you mean "@daily"?)', cron, "@dayly", fn)
  refuse('cron: expression: a cron expression is about the calendar: every("10m", …) repeats by a duration', cron, "@every 5m", fn)
  refuse('cron: expression: no day is like that', cron, "0 0 31 2 *", fn)
  refuse('timers: name: expected a name', timers, 5)
  refuse("timer.stopp: unknown field (did you mean \"stop\"?)", function() return after(1, fn).stopp end)
end)

on("top", function() assert(#ran == 1, #ran) end)

local log = {}

local function step(name, spec)
  every(spec, function() table.insert(log, name) end)
end

step("a", "7s")
