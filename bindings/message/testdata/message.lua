local function refuses(what, wanted)
  local ok, err = pcall(what)
  assert(not ok and err:find(wanted, 1, true), tostring(err) .. "\nwant " .. wanted)
  assert(err:find("^message.lua:%d+: "), err)
end

on("message", function(message)
  assert(message.text == "hello" and message.account == "home")
  assert(math.type == nil and message.id > 0 and message.date == os.time())
  assert(message.from._ == "user" and message.from.first_name == "Bob")
  assert(message.raw._ == "message" and message.raw.message == "hello" and message.raw.id == message.id)
  assert(tostring(message) == "message " .. message.id .. " from Bob (@bob_the_first)", tostring(message))

  local updates = assert(message:reply("hello yourself"))
  local sent
  for _, u in ipairs(updates.updates) do
    if u._ == "updateNewMessage" then sent = u.message end
  end
  assert(sent.reply_to.reply_to_msg_id == message.id)

  local ok, err = message:reply(("x"):rep(5000))
  assert(ok == nil and err.type == "MESSAGE_TOO_LONG" and err.method == "messages.sendMessage", tostring(err))

  refuses(function() message:reply() end, "message:reply: text: missing, expected a text")
  refuses(function() message:reply(5) end, "message:reply: text: expected a text, got number 5")
  refuses(function() message.reply("x") end, "message.reply: call it with a colon, message:reply(…)")
  refuses(function() return message.txt end, 'message.txt: unknown field (did you mean "text"?)')
  refuses(function() message.text = "x" end, "message.text cannot be set")
end)
