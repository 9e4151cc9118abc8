-- What methods give back.

-- Bool, bare vectors and objects.
answer("Bool", false)
eq(phone.receivedCall{peer=7}, false)
answer("Bool", true)
eq(phone.receivedCall{peer=7}, true)
answer_raw("15c4b51c" .. "02000000" .. "0500000000000000" .. "ffffffffffffff7f")
local longs = photos.deletePhotos{id={}}
eq(#longs, 2); eq(longs[1], "5"); eq(longs[2], "9223372036854775807")
answer_raw("15c4b51c" .. "01000000" .. "07000000")
eq(phone.checkGroupCall{call={_="inputGroupCall", id="1", access_hash="1"}, sources={7}}[1], 7)
answer_raw("15c4b51c" .. "01000000" .. "7a4bbcd3" .. "0500000000000000")
local list = users.getUsers{id={"self"}}
eq(list[1]._, "userEmpty"); eq(list[1].id, 5)
answer("help.Support", {phone_number="1", user={_="userEmpty", id=1}})
eq(help.getSupport().user.id, 1)

-- Answers are copies.
answer("DataJSON", {data="{}"})
local a, b = phone.getCallConfig(), phone.getCallConfig{}
assert(a ~= b); a.data = "x"; a.own = 1
eq(b.data, "{}"); eq(b.own, nil)

-- A constructor of a newer layer is no crash, neither as the answer nor within it.
answer_raw("78563412" .. "2a000000")
local u = help.getSupport()
eq(u._, "unknown"); eq(u.id, 0x12345678); eq(#u.raw, 8)
eq(tostring(u), 'unknown{id=305419896, raw=<8 bytes>}'); eq(getmetatable(u), false)
answer_raw("f6b5c617" .. "01310000" .. "78563412")
u = help.getSupport()
eq(u._, "unknown"); eq(u.id, 0x12345678); eq(#u.raw, 12)
answer_raw("78563412")
u = phone.discardCall{peer=7, duration=0, reason="busy", connection_id="0"}
eq(u._, "unknown"); eq(u.id, 0x12345678); eq(u.raw, nil)

-- An answer that is cut off is an error of the world.
answer_raw("15c4b51c" .. "02000000" .. "05000000")
local none, err = photos.deletePhotos{id={}}
eq(none, nil); eq(err.code, 0)

-- What Telegram refuses: nil and a table.
local function discard() return phone.discardCall{peer=7, duration=0, reason="busy", connection_id="0"} end
refuse(400, "CALL_ALREADY_ACCEPTED")
none, err = discard()
eq(none, nil); eq(err._, "rpcError"); eq(err.code, 400); eq(err.type, "CALL_ALREADY_ACCEPTED")
eq(err.message, "CALL_ALREADY_ACCEPTED"); eq(err.method, "phone.discardCall"); eq(err.argument, nil); eq(err.retry_after, nil)
eq(tostring(err), "phone.discardCall: CALL_ALREADY_ACCEPTED (400)")
eq(getmetatable(err), false)
refuse(420, "FLOOD_WAIT_3")
none, err = discard()
eq(err.type, "FLOOD_WAIT"); eq(err.argument, 3); eq(err.retry_after, 3); eq(err.message, "FLOOD_WAIT_3")
eq(tostring(err), "phone.discardCall: FLOOD_WAIT (420), retry after 3 s")
for what, kind in pairs{cancel="CANCELLED", deadline="TIMEOUT", other="INTERNAL"} do
  fail(what)
  none, err = discard()
  eq(none, nil); eq(err.type, kind); eq(err.code, 0)
end

-- assert rethrows that table, and stays Lua's assert otherwise.
refuse(400, "CALL_PEER_INVALID")
local ok, thrown = pcall(function() assert(discard()) end)
eq(ok, false); eq(thrown.type, "CALL_PEER_INVALID"); eq(thrown.code, 400)
eq(select("#", assert(1, nil, 3)), 3)
ok, thrown = pcall(assert, false)
assert(thrown:find("assertion failed!", 1, true))
ok, thrown = pcall(assert, nil, "why")
assert(thrown:find("why", 1, true))
eq(pcall(assert), false)
