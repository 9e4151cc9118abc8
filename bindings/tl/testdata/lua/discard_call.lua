-- The line that Telegram's documentation gives for Lua, and what is wrong with it.

answer("Updates", {_="updates", updates={}, users={}, chats={}, date=5, seq=0})

local call = {_="inputPhoneCall", id="588516572874907240", access_hash="-9223372036854775808"}
local Updates = phone.discardCall({peer=call, duration=3, reason={_="phoneCallDiscardReasonBusy"}, connection_id="12345678901234567", })
eq(Updates._, "updates")
eq(Updates.date, 5)

local request = sent()
eq(request._, "phone.discardCall")
eq(request.peer.id, "588516572874907240")
eq(request.peer.access_hash, "-9223372036854775808")
eq(request.duration, 3)
eq(request.reason._, "phoneCallDiscardReasonBusy")
eq(request.connection_id, "12345678901234567")
eq(request.video, false)

-- with returns the arguments changed: false takes one away.
local function with(changes)
  local args = {peer=call, duration=0, reason="busy", connection_id="0"}
  for name, v in pairs(changes) do
    args[name] = v or nil
  end
  return args
end

-- Missing.
raises(line(), function() phone.discardCall(with{peer=false}) end, "phone.discardCall", '"peer"', "missing", "InputPhoneCall")
raises(line(), function() phone.discardCall(with{duration=false}) end, "phone.discardCall", '"duration"', "missing", "int")
raises(line(), function() phone.discardCall(with{reason=false}) end, "phone.discardCall", '"reason"', "missing", "PhoneCallDiscardReason")
raises(line(), function() phone.discardCall(with{connection_id=false}) end, "phone.discardCall", '"connection_id"', "missing", "long")

-- Misspelt.
raises(line(), function() phone.discardCall(with{peer=false, per=call}) end, "phone.discardCall", '"per"', 'did you mean "peer"?')
raises(line(), function() phone.discardCall(with{duration=false, duraton=0}) end, "phone.discardCall", '"duraton"', 'did you mean "duration"?')
raises(line(), function() phone.discardCall(with{reason=false, raeson="busy"}) end, "phone.discardCall", '"raeson"', 'did you mean "reason"?')
raises(line(), function() phone.discardCall(with{connection_id=false, connectionId="0"}) end, "phone.discardCall", '"connectionId"', 'did you mean "connection_id"?')

raises(line(), function() phone.discardCall(with{zzz=1}) end, '"zzz"', "phone.discardCall has peer, duration, reason, connection_id, video")
raises(line(), function() phone.discardCall(with{reason={_="phoneCallDiscardReasonBusy", zzz=1}}) end, '"reason.zzz"', "phoneCallDiscardReasonBusy has none")

-- Mistyped.
raises(line(), function() phone.discardCall(with{peer=true}) end, "phone.discardCall", '"peer"', "expected InputPhoneCall", "got boolean true")
raises(line(), function() phone.discardCall(with{peer="@ann"}) end, "phone.discardCall", '"peer"', "expected InputPhoneCall", "@ann")
raises(line(), function() phone.discardCall(with{peer={_="phoneCallRequestd", id="1"}}) end, '"peer"', 'did you mean "phoneCallRequested"?')
raises(line(), function() phone.discardCall(with{peer={_="phoneCallRequested"}}) end, '"peer.id"', "missing")
raises(line(), function() phone.discardCall(with{peer={_="updatePhoneCall"}}) end, '"peer"', "the table of a call or its id, got updatePhoneCall")
raises(line(), function() phone.discardCall(with{peer={_="inputUser", user_id=1, access_hash="1"}}) end, '"peer"', "expected InputPhoneCall", "inputUser, which is of type InputUser")
raises(line(), function() phone.discardCall(with{duration="3"}) end, "phone.discardCall", '"duration"', "expected int", 'got string "3"')
raises(line(), function() phone.discardCall(with{duration=1.5}) end, "phone.discardCall", '"duration"', "expected int", "1.5")
raises(line(), function() phone.discardCall(with{duration=2^31}) end, "phone.discardCall", '"duration"', "32 bits")
raises(line(), function() phone.discardCall(with{reason=3}) end, "phone.discardCall", '"reason"', "expected PhoneCallDiscardReason", "got number 3")
raises(line(), function() phone.discardCall(with{reason="bussy"}) end, "phone.discardCall", '"reason"', "PhoneCallDiscardReason", 'did you mean "busy"?')
raises(line(), function() phone.discardCall(with{reason="declined"}) end, '"reason"', 'one of "missed", "disconnect", "hangup", "busy" or a table such as {_="phoneCallDiscardReasonMigrateConferenceCall", …}, got string "declined"')
raises(line(), function() phone.discardCall(with{reason={}}) end, "phone.discardCall", '"reason"', "phoneCallDiscardReasonBusy")
raises(line(), function() phone.discardCall(with{reason={_="phoneCallDiscardReasonBsy"}}) end, '"reason"', 'did you mean "phoneCallDiscardReasonBusy"?')
raises(line(), function() phone.discardCall(with{reason={_="busy"}}) end, '"reason"', 'did you mean "phoneCallDiscardReasonBusy"?')
raises(line(), function() phone.discardCall(with{reason={_="zzzzzzzz"}}) end, '"reason"', "which has phoneCallDiscardReasonMissed, ")
raises(line(), function() phone.discardCall(with{reason={_=5}}) end, '"reason"', "in _, got number 5")
raises(line(), function() phone.discardCall(with{connection_id=true}) end, "phone.discardCall", '"connection_id"', "expected long", "got boolean")
raises(line(), function() phone.discardCall(with{connection_id="0x5"}) end, "phone.discardCall", '"connection_id"', "decimal string")
raises(line(), function() phone.discardCall(with{connection_id=588516572874907240}) end, '"connection_id"', "pass it as a decimal string")
raises(line(), function() phone.discardCall(with{video=1}) end, '"video"', "true or false")

-- Not the one table that it takes.
raises(line(), function() phone.discardCall() end, "phone.discardCall", "a table of arguments, got none")
raises(line(), function() phone.discardCall("busy") end, "phone.discardCall", 'got string "busy"')
raises(line(), function() phone.discardCall(with{}, 5) end, "phone.discardCall", "one table")
raises(line(), function() phone:discardCall(with{}) end, "phone.discardCall", "dot, not a colon")
raises(line(), function() phone.discardCall({_="phone.acceptCall"}) end, "phone.discardCall", "phone.acceptCall")
raises(line(), function() phone.discardCall({1, 2}) end, "phone.discardCall", "[1] is no field, phone.discardCall has peer, duration")

-- The method's own name in _ does no harm, and a tail call keeps the line.
phone.discardCall(with{_="phone.discardCall"})
raises(line(), function() return phone.discardCall{} end, "phone.discardCall", "missing")
raises(line(), coroutine.wrap(function() return phone.discardCall{} end), "phone.discardCall", "missing")

-- The reason in each of its forms.
for _, reason in ipairs{"busy", "phoneCallDiscardReasonBusy", {_="phoneCallDiscardReasonBusy"}} do
  assert(phone.discardCall(with{reason=reason}))
  eq(sent().reason._, "phoneCallDiscardReasonBusy")
end
assert(phone.discardCall(with{reason={_="phoneCallDiscardReasonMigrateConferenceCall", slug="x"}}))
eq(sent().reason.slug, "x")
for _, reason in ipairs{"migrateConferenceCall", "phoneCallDiscardReasonMigrateConferenceCall"} do
  raises(line(), function() phone.discardCall(with{reason=reason}) end, '"reason"', '"' .. reason .. '" has fields', '{_="phoneCallDiscardReasonMigrateConferenceCall", …}')
end
