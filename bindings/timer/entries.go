package timer

import "luahost/bindings/manual"

// What several of the pages say.
const (
	namedOnce = "\n\nWith a **name** instead of a function the timer is on the disk before `after` returns, and survives edits, restarts and crashes. When it is due, the handlers of [`timer.NAME`](../events/timer.NAME.md) of the same script run. It runs once: if luahost is killed meanwhile, that is logged as interrupted, and it does not run again. Each call makes one more, and only handlers may do so." +
		" `missed` says what becomes of it when it was due while luahost did not run, the computer slept or the script was not loaded: it runs as soon as it can, which is the usual, or not at all with `\"skip\"`, or only if it is not later than a duration. Up to a minute is not late.\n\n" + limits

	namedAgain = "\n\nWith a **name** instead of a function the timer is kept on the disk, and goes on across edits, restarts and crashes. When it is due, the handlers of [`timer.NAME`](../events/timer.NAME.md) of the same script run, once at most for each time: if luahost is killed meanwhile, that is logged as interrupted. It is written at the top of the script, once for each name. A reload does not move it, unless what it is due at was changed; when the script no longer has it, it ends." +
		" What was due while luahost did not run, the computer slept or the script was not loaded is left out, unless `missed` says otherwise; one run makes up for all that were missed. Up to a minute late is not missed.\n\n" + limits

	limits = "A script may have 10,000 timers of functions and as many named ones at a time, and these may have 8 MiB of data. 10,000 runs may begin at once, and then 1,000 a second; more wait."

	dst = "\n\nWhere the clocks change, none is lost and none comes twice: a time of the day that is skipped runs when the clocks have changed, one that comes twice runs the first time."

	slept = " One that the computer slept through is left out."

	once = " It runs once at a time: what falls due while it is still at work runs once after that."
)

// whatDoc and the next describe what all four take.
const (
	whatDoc = "what to run: a function, which gets the timer, or the name of one that is kept"
	dataDoc = "with a name only: what the handler gets as `timer.data`, up to 16 KiB of what the [`store`](../README.md) keeps as well"
)

var afterEntry = manual.Entry{
	Name: "after", Gives: "a timer, or nil and an error",
	Params: manual.Params{
		{Name: "delay", Type: pause(), Doc: "how long from now"},
		{Name: "what", Type: whatType(), Doc: whatDoc},
		{Name: "data", Type: dataType(), Optional: true, Doc: dataDoc},
		{Name: "options", Type: manual.Table("a table", afterOptions), Optional: true, Doc: "with a name only"},
	},
	Doc: "Runs something once, later." +
		" What a function does counts for the event whose handler made the timer: requests go out from the same account, and what it does about a call stands in the call's trace. It is gone when luahost ends; one that was made while the script loads also when the script is replaced." +
		namedOnce,
	Example: `on("call.ended", function(call)
  if call.outcome == "missed" and call.from.contact then
    after("30m", "call-back", {user = call.from.id, name = call.from.first_name})
  end
end)

on("timer.call-back", function(timer)
  messages.sendMessage{peer = "self", message = "Call " .. timer.data.name .. " back"}
end)`,
}

var everyEntry = manual.Entry{
	Name: "every", Gives: "a timer",
	Params: manual.Params{
		{Name: "period", Type: manual.Duration(), Doc: "from one to the next, at least a second; the first comes after one period"},
		{Name: "what", Type: whatType(), Doc: whatDoc},
		{Name: "data", Type: dataType(), Optional: true, Doc: dataDoc},
		{Name: "options", Type: manual.Table("a table", afterOptions), Optional: true, Doc: "with a name only; `missed` is `\"skip\"` if left out"},
	},
	Doc: "Runs something again and again." + once + " It does not drift." +
		" A function's timer that was made while the script loads begins anew when the script is replaced; one that a handler made ends then." +
		namedAgain,
	Example: `local seen = 0

on("message", function() seen = seen + 1 end)

every("1h", function()
  log.info("messages so far", {count = seen})
end)`,
}

var dailyEntry = manual.Entry{
	Name: "daily", Gives: "a timer",
	Params: manual.Params{
		{Name: "time", Type: manual.TimeOfDay(), Doc: "when, on a clock of 24 hours"},
		{Name: "what", Type: whatType(), Doc: whatDoc},
		{Name: "data", Type: dataType(), Optional: true, Doc: dataDoc},
		{Name: "options", Type: manual.Table("a table", dailyOptions), Optional: true, Doc: "come third where `what` is a function"},
	},
	Doc: "Runs something every day at a time, or on some days of the week." + once + slept + dst + namedAgain,
	Example: `daily("20:00", function()
  local missed = calls.log{since = "1d", outcome = "missed"}
  messages.sendMessage{peer = "self", message = #missed .. " missed calls today"}
end, {tz = "Europe/Berlin", days = "mon-fri"})`,
}

var cronEntry = manual.Entry{
	Name: "cron", Gives: "a timer",
	Params: manual.Params{
		{Name: "expression", Type: manual.Text(`five fields, such as "*/5 * * * *"`), Doc: "minute, hour, day of the month, month, day of the week"},
		{Name: "what", Type: whatType(), Doc: whatDoc},
		{Name: "data", Type: dataType(), Optional: true, Doc: dataDoc},
		{Name: "options", Type: manual.Table("a table", cronOptions), Optional: true, Doc: "come third where `what` is a function"},
	},
	Doc: "Runs something by the calendar, as cron does: `\"0 9 * * mon-fri\"` is at nine on working days, `\"*/5 8-18 * * *\"` every five minutes from eight to 18:55, `\"0 0 1 * *\"` on the first of each month. A field is `*`, a number, a range `1-5`, a list `1,3,5`, or steps `*/5`; months and days also have names, `jan` and `sun`; sunday is 0 or 7. If both days are named, one of them is enough. `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly` stand for expressions." +
		once + slept + dst + " An expression for every hour, or with `*` for the minutes, goes by the time that passes: it runs in the second of two equal hours as well. One for every hour makes up for none that is skipped." + namedAgain,
	Example: `cron("*/15 8-18 * * mon-fri", function(timer)
  local waiting = calls.log{since = "15m", outcome = "missed", limit = 1}
  if #waiting > 0 then
    messages.sendMessage{peer = "self", message = "A call was missed"}
    timer:stop()
  end
end, {tz = "Europe/Berlin"})`,
}

var timersEntry = manual.Entry{
	Name: "timers", Gives: "a list of timers, or nil and an error",
	Params: manual.Params{{Name: "name", Type: nameType(), Optional: true, Doc: "of those wanted; without it, all that have one"}},
	Doc:    "Lists the named timers of this script that are to run, by when they are due: to look at them, or to stop them. `luahost timers` shows those of all scripts.",
	Example: `on("call", function(call)
  for _, timer in ipairs(timers("call-back")) do
    if timer.data.user == call.from.id then timer:stop() end
  end
end)

on("call.ended", function(call)
  after("30m", "call-back", {user = call.from.id})
end)

on("timer.call-back", function(timer)
  messages.sendMessage{peer = timer.data.user, message = "Shall I call you back?"}
end)`,
}

var missedParam = manual.Param{
	Name: "missed", Type: missedType(), Optional: true,
	Doc: "what becomes of it when it was missed; a duration: it runs unless it is later than that",
}

var (
	afterOptions = manual.Params{missedParam}
	cronOptions  = manual.Params{
		{Name: "tz", Type: manual.Zone(), Optional: true, Doc: "where it is that time; without it, the time zone of the machine"},
		{Name: "missed", Type: missedType(), Optional: true, Doc: "with a name only: " + missedParam.Doc + "; `\"skip\"` if left out"},
	}
	dailyOptions = append(manual.Params{
		{Name: "days", Type: manual.Days(), Optional: true, Doc: "on which days of the week; without it, on all"},
	}, cronOptions...)
)
