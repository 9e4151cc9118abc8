-- Everything that is due in the week of week_test.go notes when it runs (UTC) and,
-- if that is not when it was due, how late it is.

local function note_run(name, late)
  local text = os.date("!%m-%d %H:%M:%S", os.time()) .. " " .. name
  if late and late > 0 then text = text .. " late " .. late end
  note(text)
end

local function handle(name)
  on("timer." .. name, function(timer) note_run(name, timer.late) end)
end

-- The clocks go forward in Berlin and, at midnight, in Beirut. On Lord Howe they go
-- back, by half an hour.
daily("02:30", function() note_run("unnamed") end, {tz = "Europe/Berlin"})
daily("02:30", "berlin", nil, {tz = "Europe/Berlin"})
daily("00:00", "beirut", nil, {tz = "Asia/Beirut"})
daily("01:45", "howe", nil, {tz = "Australia/Lord_Howe", days = {"mon-fri", "sun"}})
cron("0 */6 * * *", "six", nil, {tz = "Europe/Berlin", missed = "run"})
cron("*/30 1 * * *", "half", nil, {tz = "Australia/Lord_Howe"})
every("9h", "nine", nil, {missed = "10m"})

for _, name in ipairs({"berlin", "beirut", "howe", "six", "half", "nine", "once"}) do handle(name) end

on("begin", function() after("50h", "once") end)
