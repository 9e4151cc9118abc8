-- TL objects as a script holds them.

answer("Updates", {_="updates", date=0, seq=0, chats={}, updates={
  {_="updatePhoneCall", phone_call={_="phoneCallRequested", id="588516572874907240", access_hash="77", date=1,
    admin_id=1001, participant_id=1002, g_a_hash=("\0"):rep(32), video=true,
    protocol={min_layer=65, max_layer=92, library_versions={"9.0.0"}}}}},
  users={{_="user", id=1001, first_name="Ann", contact=true}}})
local updates = phone.discardCall{peer=7, duration=0, reason="busy", connection_id="0"}

local call = updates.updates[1].phone_call
eq(call._, "phoneCallRequested"); eq(call.id, "588516572874907240"); eq(call.admin_id, 1001)
eq(call.video, true); eq(#call.g_a_hash, 32); eq(call.receive_date, nil)
eq(call.protocol.udp_p2p, false); eq(rawget(call.protocol, "udp_p2p"), nil)

local user = updates.users[1]
eq(user.contact, true); eq(user.bot, false); eq(user.self, false); eq(user.username, nil)
eq(keys(user), 4)
eq(tostring(user), 'user{contact=true, id=1001, first_name="Ann"}')

user.phone = "15550001"
eq(tostring(user), 'user{contact=true, id=1001, first_name="Ann", phone="…01"}')
user.phone = nil

-- For reading, not for keys: no access hash, and bytes by their length.
local text = tostring(call)
assert(text:find('id="588516572874907240"', 1, true) and text:find("g_a_hash=<32 bytes>", 1, true), text)
assert(not text:find("access_hash", 1, true), text)

-- A metatable per constructor, locked; the table is the script's own.
eq(getmetatable(user), false)
eq(pcall(setmetatable, user, {}), false)
user.note = "mine"
eq(user.note, "mine")

-- What came in may be given back: fields of the script's own are mistakes there.
answer("Bool", true)
eq(phone.receivedCall{peer=call}, true)
eq(sent().peer.access_hash, "77")

-- Printing what a script made of it is bounded.
user.me = user
for i = 1, 10000 do user["x" .. i] = i end
assert(#tostring(user) < 4000)
