local function refuses(what, message)
  local ok, err = pcall(what)
  assert(not ok and err:find(message, 1, true), tostring(err) .. "\nwant " .. message)
  assert(err:find("^object.lua:%d+: "), err)
end

local rung

on("call", function(call)
  rung = call
  assert(type(call) == "userdata")
  assert(type(call.id) == "string" and call.id:find("^%d+$"), call.id)
  assert(call.peer._ == "inputPhoneCall" and call.peer.id == call.id and type(call.peer.access_hash) == "string")
  assert(call.account == "home")
  assert(call.incoming == true and call.video == true)
  assert(call.date == os.time())
  assert(call.state == "requested" or call.state == "ringing", call.state)
  assert(call.outcome == nil and call.emojis == nil)
  assert(call.duration == 0 and call.ring_seconds == 0)

  -- from is Telegram's user
  local from = call.from
  assert(from._ == "user" and from.first_name == "Ann" and from.last_name == "Lee" and from.username == "AnnLee")
  assert(from.premium == true and from.contact == false and from.bot == false and from.scam == false and from.phone == nil)
  assert(call.from == from, "made once")

  -- data is this script's own
  assert(next(call.data) == nil)
  call.data.note = "kept"

  -- one object per call
  local active = calls.active()
  assert(#active == 1 and active[1] == call and rawequal(active[1], call))
  assert(({[call] = 1})[active[1]] == 1, "a key of tables")

  -- printed, it says who, and gives no key away
  local text = tostring(call)
  assert(text:find("^video call " .. call.id .. " from Ann Lee %(@AnnLee%), re?[qi]"), text)
  assert(not tostring(call.peer):find(call.peer.access_hash, 1, true), tostring(call.peer))

  -- it cannot be changed or taken apart
  refuses(function() call.state = "ended" end, "call.state cannot be set")
  refuses(function() call.note = 1 end, "call.note: unknown field, and none can be set")
  refuses(function() return call.stat end, 'call.stat: unknown field (did you mean "state"?)')
  refuses(function() return call.ringseconds end, 'call.ringseconds: unknown field (did you mean "ring_seconds"?)')
  refuses(function() return call[1] end, "call.1: unknown field")
  refuses(function() return call.declined() end, 'call.declined: unknown field (did you mean "decline"?)')
  refuses(function() return call.decline("busy") end, "call.decline: call it with a colon, call:decline(…)")
  refuses(function() return call.decline() end, "call.decline: call it with a colon, call:decline(…)")
  assert(not getmetatable(call))
end)

on("call.ended", function(call)
  assert(call == rung and call.data.note == "kept")
  assert(call.state == "ended" and call.outcome == "missed")
  assert(call.ring_seconds == 5 and call.duration == 0)
  assert(#calls.active() == 0)
  assert(tostring(call):find("ended: missed$"), tostring(call))
end)
