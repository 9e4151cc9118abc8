-- Numbers, strings, flags and vectors.

answer("Updates", {_="updates", updates={}, users={}, chats={}, date=0, seq=0})

-- Longs: decimal strings, or whole numbers that Lua holds exactly.
local function hash(v)
  phone.setCallRating{peer={id="1", access_hash=v}, rating=5, comment=""}
  return sent().peer.access_hash
end
for _, v in ipairs{"0", "-1", "9007199254740991", "9007199254740992", "9007199254740993",
    "9223372036854775807", "-9223372036854775808"} do
  eq(hash(v), v)
end
eq(hash(2^53-1), "9007199254740991")
eq(hash(-(2^53-1)), "-9007199254740991")
eq(hash(12), "12")
raises(nil, function() hash(2^53) end, '"peer.access_hash"', "got number: numbers beyond 2^53-1", "pass it as a decimal string")
raises(nil, function() hash(-2^53) end, '"peer.access_hash"', "decimal string")
raises(nil, function() hash(0.5) end, '"peer.access_hash"', "got number, which is not whole")
raises(nil, function() hash(0/0) end, '"peer.access_hash"')
raises(nil, function() hash(1/0) end, '"peer.access_hash"')
for _, v in ipairs{"", " 1", "1 ", "+1", "1.0", "1e3", "0x1", "9223372036854775808", "-9223372036854775809"} do
  raises(nil, function() hash(v) end, '"peer.access_hash"', "decimal string within 64 bits")
end

-- What was given for a secret stays out of the error, which goes to the log.
local _, leak = pcall(auth.signIn, {phone_number="", phone_code_hash="", phone_code=12345})
assert(leak:find('field "phone_code": expected string, got number', 1, true) and not leak:find("12345"), leak)
for _, password in ipairs{"hunter2", "emty"} do
  _, leak = pcall(auth.checkPassword, {password=password})
  assert(leak:find("InputCheckPasswordSRP", 1, true) and not leak:find(password, 1, true), leak)
end
_, leak = pcall(phone.receivedCall, {peer={_="phoneCallRequested", id="1", access_hash="0x77"}})
assert(leak:find("access_hash", 1, true) and not leak:find("0x77", 1, true), leak)
_, leak = pcall(phone.receivedCall, {peer={id="1", access_hash=1e17}})
assert(leak:find("access_hash", 1, true) and not leak:find("1e17", 1, true) and not leak:find("10000000", 1, true), leak)

-- Ids of peers are numbers on the way out, and within 2^53 on the way in.
local function user(v)
  messages.sendMessage{peer={_="inputPeerUser", user_id=v, access_hash="0"}, message=""}
  return sent().peer.user_id
end
eq(user(2^52), 2^52)
eq(user("4503599627370496"), 4503599627370496)
raises(nil, function() user("9007199254740992") end, '"peer.user_id"', "2^53")
raises(nil, function() user(true) end, '"peer.user_id"', "the id of a peer", "boolean true")
raises(nil, function() user(2^53) end, '"peer.user_id"')

-- A random_id is drawn where it is left out, as many as there are ids.
local drawn = {}
for i = 1, 3 do
  messages.sendMessage{peer="self", message="hi"}
  drawn[sent().random_id] = true
end
eq(keys(drawn), 3); eq(drawn["0"], nil)
messages.sendMessage{peer="self", message="hi", random_id="5"}
eq(sent().random_id, "5")
messages.forwardMessages{from_peer="self", to_peer="self", id={1, 2, 3}}
eq(#sent().random_id, 3)
assert(sent().random_id[1] ~= sent().random_id[2])

-- This one holds the time of its making, in its upper half.
local before = os.time()
messages.sendPaidReaction{peer="self", msg_id=1, count=1}
local made = math.floor(tonumber(sent().random_id) / 2^32)
assert(before <= made and made <= os.time())

local media = {_="inputSingleMedia", media={_="inputMediaEmpty"}, message=""}
messages.sendMultiMedia{peer="self", multi_media={media, media}}
assert(sent().multi_media[1].random_id ~= sent().multi_media[2].random_id)

-- Flags: unset ones read false and are not listed; a given zero is sent.
local request = sent()
eq(request.silent, false); eq(rawget(request, "silent"), nil); eq(request.flags, nil)
messages.sendMessage{peer="self", message="hi", silent=false, schedule_date=0, no_webpage=true}
eq(sent().schedule_date, 0); eq(sent().no_webpage, true); eq(rawget(sent(), "silent"), nil)
messages.sendMessage{peer="self", message="hi"}
eq(sent().schedule_date, nil); eq(sent().no_webpage, false)
local group = {_="inputGroupCall", id="1", access_hash="2"}
phone.toggleGroupCallSettings{call=group, join_muted=false}
eq(sent().join_muted, false); eq(sent().messages_enabled, nil)
raises(line(), function() phone.toggleGroupCallSettings{call=group, flags=1} end, '"flags"', "unknown field")

-- Fields that share a flag come together.
raises(line(), function() phone.createConferenceCall{block="x"} end, 'give "join", "public_key" and "params" as well', '"block"')
raises(line(), function() phone.createConferenceCall{join=true} end, 'give "public_key", "block" and "params" as well', '"join"')
phone.createConferenceCall{join=true, block="x", public_key=("k"):rep(32), params={data="{}"}}
eq(sent().public_key, ("k"):rep(32))
raises(line(), function() phone.createConferenceCall{block="x", public_key="k", params={data="{}"}} end, '"public_key"', "32 bytes", "1 bytes")

-- Strings hold any bytes; what is not a string is not made one.
messages.sendMessage{peer="self", message="\0\255 ü"}
eq(sent().message, "\0\255 ü")
raises(line(), function() messages.sendMessage{peer="self", message=5} end, '"message"', "expected string", "number 5")

-- Vectors are dense.
local function ids(v) messages.forwardMessages{from_peer="self", to_peer="self", id=v}; return sent().id end
eq(#ids{}, 0); eq(#ids{5, 6}, 2); eq(ids{5, 6}[2], 6)
raises(nil, function() ids{1, nil, 3} end, '"id[2]"', "hole")
raises(nil, function() ids{1, 2, x=3} end, '"id"', '"x"')
raises(nil, function() ids{[2]=1} end, '"id[1]"')
raises(nil, function() ids{[0]=1} end, '"id"', "number 0")
raises(nil, function() ids{1, [1.5]=1} end, '"id"', "1.5")
raises(nil, function() ids{1, [1e9]=1} end, '"id"')
raises(nil, function() ids(5) end, '"id"', "Vector<int>", "number 5")
raises(nil, function() ids{1, "2"} end, '"id[2]"', "expected int")

-- The constructor's name may be left out where there is one, and only there.
messages.sendMessage{peer="self", message="hi", quick_reply_shortcut={_="inputQuickReplyShortcut", shortcut="a"}}
raises(line(), function() messages.sendMessage{peer="self", message="hi", quick_reply_shortcut={shortcut="a"}} end, "inputQuickReplyShortcut")
