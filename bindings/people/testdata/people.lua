local function refuses(who, got)
  local ok, err = pcall(find, who)
  assert(not ok and err:find('find: who: expected an id, "@name", "+phone" or "self", got ' .. got, 1, true), tostring(err))
end

local work = as("work") -- a script may ask for it while it loads

local act = {}

function act.find(message)
  local bob = assert(find("@bob_the_first"))
  assert(bob._ == "user" and bob.first_name == "Bob" and bob.id == message.from.id)
  assert(find("@BOB_THE_FIRST").id == bob.id)
  assert(find(bob.id).first_name == "Bob")
  assert(find("+1 (555) 3333").id == bob.id)
  assert(find("self").first_name == "Hans")

  for who, kind in pairs {["@nobody_is_called_so"] = "USERNAME_NOT_OCCUPIED", ["+49111111"] = "PHONE_NOT_OCCUPIED", [99] = "_ID_INVALID"} do
    local found, err = find(who)
    assert(found == nil and err._ == "rpcError" and err.type:find(kind, 1, true), tostring(err))
    assert(tostring(err):find("^find: "), tostring(err))
  end

  refuses("bob", 'string "bob" (did you mean "@bob"?)')
  local ok, err = pcall(find, "x4915112345678")
  assert(not ok and not err:find("did you mean", 1, true) and err:find("…78", 1, true), err)
  refuses("me", 'string "me" (did you mean "self"?)')
  refuses("selv", 'string "selv" (did you mean "self"?)')
  refuses("not a name", 'string "not a name"')
  refuses("+12", 'string "+12"')
  refuses("+4930x12345", 'string "…45"')
  refuses("@", 'string "@"')
  refuses(-5, "number -5")
  refuses(1.5, "number 1.5")
  refuses({}, "table")
  assert(not pcall(find))
  assert(not pcall(find, 1, 2))
end

act["as"] = function(message)
  assert(as("work") == work and as("work").messages == work.messages)
  assert(work.users.getUsers{id = {"self"}}[1].first_name == "Wanda")
  assert(as("home").users.getUsers{id = {"self"}}[1].first_name == "Hans")
  assert(users.getUsers{id = {"self"}}[1].first_name == "Hans", "the account of the event")
  assert(work.messages.sendMessage{peer = "@bob_the_first", message = "from work"})
  assert(as("home").messages.sendMessage{peer = message.from.id, message = "from home"})
  assert(tostring(work.phone.discardCall):find("^Updates = phone.discardCall"))

  local ok, err = pcall(function() work.messages:sendMessage{peer = "self", message = "x"} end)
  assert(not ok and err:find("people.lua:%d+: messages.sendMessage: call it with a dot, not a colon"), err)
  ok, err = pcall(function() return work.messges end)
  assert(not ok and err:find('"messges" is not a namespace (did you mean "messages"?)', 1, true), err)
end

on("message", function(message) act[message.text](message) end)
