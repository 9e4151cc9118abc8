local function refuses(filter, message)
  local ok, err = pcall(calls.log, filter)
  assert(not ok and err:find("log.lua:%d+: calls.log: filter") and err:find(message, 1, true), tostring(err) .. "\nwant " .. message)
end

local rings = 0

on("call", function(call)
  rings = rings + 1
  local all = calls.log()
  assert(#all == rings, #all)
  local now = all[1] -- the newest is the one that rings
  assert(now.id == call.id and now.state ~= "ended" and now.outcome == nil and now.ended == nil)
  assert(now.account == call.account and now.video == call.video and now.incoming == true)
  assert(now.date == call.date and now.duration == 0 and now.decision == nil)
  assert(now.from.id == call.from.id and now.from.username == call.from.username and now.from.contact == false)
  if rings < 5 then return end

  assert(all[2].from.name == "Bob" and all[3].from.name == "Ann Lee" and all[5].from.name == "Bob")
  assert(all[3].outcome == "missed" and all[3].reason == "missed" and all[3].ended == all[3].date)
  assert(all[1].number == 5 and all[5].number == 1)
  assert(#calls.log{} == 5)
  assert(#calls.log{limit = 2} == 2)
  assert(#calls.log{since = "36h"} == 2)
  assert(#calls.log{since = "2d"} == 3)
  assert(#calls.log{since = os.time() - 36 * 3600} == 2)
  assert(#calls.log{since = "2026-03-08"} == 3, #calls.log{since = "2026-03-08"})
  assert(#calls.log{from = call.from} == 3)
  assert(#calls.log{from = call.from.id} == 3)
  assert(#calls.log{from = "@annlee"} == 3)
  assert(#calls.log{from = "bo"} == 2)
  assert(#calls.log{from = {_ = "peerUser", user_id = call.from.id}} == 3)
  assert(#calls.log{from = call.from, outcome = "missed", since = "7d"} == 2)
  assert(#calls.log{outcome = "declined"} == 0)
  assert(#calls.log{account = "work"} == 1)
  assert(#calls.log{rule = "night"} == 0)

  refuses(5, ": expected a table such as {since=\"7d\"}, got number 5")
  refuses({sinc = "7d"}, '.sinc: unknown field (did you mean "since"?)')
  refuses({since = 3600}, '.since: expected how long ago ("7d", "12h"), a date ("2026-03-01"), or a time as os.time gives it, got number 3600: an hour ago is "1h" or os.time() - 3600')
  refuses({since = "soon"}, ".since: expected how long ago")
  refuses({outcome = "mised"}, '.outcome: expected "declined", "answered", "missed"')
  refuses({outcome = "mised"}, '(did you mean "missed"?)')
  refuses({limit = 0}, ".limit: expected a whole number from 1 to 10000, got number 0")
  refuses({from = true}, '.from: expected an id, "@name", "+phone", a part of the name, or the table of a user, got boolean true')
  refuses({from = {}}, ".from: expected an id")
  assert(not pcall(calls.log, {}, 1))
  assert(not pcall(calls.active, 1))
end)

on("call.ended", function() end)
