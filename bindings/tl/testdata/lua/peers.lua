-- What may be given for InputPeer, InputUser, InputChannel and InputPhoneCall.

answer("Updates", {_="updates", updates={}, users={}, chats={}, date=0, seq=0})

local function peer(v)
  local ok, err = messages.sendMessage{peer=v, message="hi"}
  if not ok then return nil, err end
  return sent().peer
end

local p = peer(1001)
eq(p._, "inputPeerUser"); eq(p.user_id, 1001); eq(p.access_hash, "42")
eq(peer("1001")._, "inputPeerUser")
eq(peer("@ann").user_id, 1001)
eq(peer("@news")._, "inputPeerChannel")
eq(peer("self")._, "inputPeerSelf")
eq(peer{_="inputPeerSelf"}._, "inputPeerSelf")
eq(peer{_="peerUser", user_id=1001}.access_hash, "42")
eq(peer{_="peerChat", chat_id=9}.chat_id, 9)
eq(peer{_="chat", id=9}._, "inputPeerChat")
eq(peer{_="peerChannel", channel_id=3001}.access_hash, "43")
eq(peer{_="user", id=5, access_hash="6"}.access_hash, "6")
eq(peer{_="channel", id=5, access_hash="6"}._, "inputPeerChannel")
eq(peer{_="community", id=5, access_hash="6"}.channel_id, 5)
eq(peer{_="inputUser", user_id=5, access_hash="6"}.user_id, 5)
eq(peer{_="inputUserSelf"}._, "inputPeerSelf")

-- A user without a hash, or with the passing one of a min user, is looked up.
eq(peer{_="user", id=1001}.access_hash, "42")
eq(peer{_="user", id=1001, min=true, access_hash="6"}.access_hash, "42")

-- Users, chats and channels are numbered apart. What is said to be one of them is
-- never taken for another that has the same number.
eq(peer(4001).user_id, 4001)
eq(peer(-1000000004001).channel_id, 4001)
eq(peer{_="peerUser", user_id=4001}.access_hash, "44")
eq(peer{_="peerChannel", channel_id=4001}.access_hash, "45")
eq(peer{_="channel", id=4001, min=true, access_hash="6"}.access_hash, "45")
local other, mixed = peer{_="peerUser", user_id=3001}
eq(other, nil); eq(mixed.type, "PEER_ID_INVALID"); eq(mixed.message, 'field "peer": that is a channel, not a user')
other, mixed = peer{_="peerChannel", channel_id=1001}
eq(other, nil); eq(mixed.message, 'field "peer": no channel with the id 1001 has been seen')

-- What nobody has seen is no mistake of the script.
local nobody, err = peer(999)
eq(nobody, nil); eq(err.type, "PEER_ID_INVALID"); eq(err.code, 0); eq(err.method, "messages.sendMessage")
nobody, err = peer("@nobody")
eq(nobody, nil); eq(err.type, "USERNAME_NOT_OCCUPIED"); eq(err.code, 400)

-- What cannot be a peer is.
raises(nil, function() peer("ann") end, '"peer"', 'a username begins with @')
raises(nil, function() peer("@") end, '"peer"', "username")
raises(nil, function() peer("@a b") end, '"peer"', "username")
raises(nil, function() peer(1.5) end, '"peer"', "1.5")
raises(nil, function() peer(true) end, '"peer"', "InputPeer", "boolean")
raises(nil, function() peer{_="user"} end, '"peer.id"')
raises(nil, function() peer{_="message", id=5} end, '"peer"', "message, which is of type Message")

-- Users and channels.
answer("Bool", true)
assert(messages.setTyping{peer="self", action={_="sendMessageTypingAction"}})
answer_raw("15c4b51c00000000")
assert(users.getUsers{id={1001, "@ann", "self", {_="user", id=5, access_hash="6"}}})
local id = sent().id
eq(#id, 4); eq(id[1]._, "inputUser"); eq(id[1].access_hash, "42"); eq(id[2].user_id, 1001)
eq(id[3]._, "inputUserSelf"); eq(id[4].access_hash, "6")
raises(line(), function() users.getUsers{id={"self", {_="channel", id=5, access_hash="6"}}} end, '"id[2]"', "InputUser", "channel")
local none
none, err = users.getUsers{id={3001}}
eq(none, nil); eq(err.type, "PEER_ID_INVALID"); eq(err.message, 'field "id[1]": that is a channel, not a user')
none, err = users.getUsers{id={"@news"}}
eq(none, nil); eq(err.message, 'field "id[1]": that is a channel, not a user')
none, err = users.getUsers{id={2001}}
eq(none, nil); eq(err.message, 'field "id[1]": that is a chat, not a user')

answer("Bool", true)
assert(channels.readMessageContents{channel="@news", id={1}})
eq(sent().channel._, "inputChannel"); eq(sent().channel.access_hash, "43")
assert(channels.readMessageContents{channel=4001, id={1}})
eq(sent().channel.access_hash, "45")
none, err = channels.readMessageContents{channel="@ann", id={1}}
eq(none, nil); eq(err.message, 'field "channel": that is a user, not a channel')
assert(channels.readMessageContents{channel={_="inputChannelEmpty"}, id={1}})
assert(channels.readMessageContents{channel="empty", id={1}})

-- Calls: any phoneCall table, or an id.
local function call(v)
  local ok, err = phone.receivedCall{peer=v}
  if ok == nil then return nil, err end
  return sent().peer
end
eq(call("588516572874907241").access_hash, "-588516572874907241")
eq(call(7).access_hash, "-7")
eq(call{_="phoneCallDiscarded", id="7"}.access_hash, "-7")
eq(call{_="phoneCallRequested", id="8", access_hash="9"}.access_hash, "9")
eq(call{id="8", access_hash="9"}.id, "8")
none, err = call("8")
eq(none, nil); eq(err.type, "CALL_PEER_INVALID"); eq(err.code, 0)
raises(nil, function() call{id="8"} end, '"peer.access_hash"', "missing")
raises(nil, function() call(588516572874907241) end, '"peer"', "decimal string")
