-- tries: arguments that contain themselves
-- must: load
on("call", function(call)
  local t = {_ = "inputPeerUser"}
  t.user_id, t.access_hash, t.peer, t[1] = t, t, t, t
  local markup = {_ = "replyInlineMarkup", rows = {}}
  markup.rows[1] = {_ = "keyboardButtonRow", buttons = markup.rows}
  for _, try in ipairs{
    function() return messages.sendMessage{peer = t, message = "x"} end,
    function() return messages.sendMessage{peer = "self", message = "x", reply_markup = markup} end,
    function() return messages.sendMessage(setmetatable(t, {__index = t})) end,
    function() return users.getUsers{id = t} end,
    function() return call:reply(t) end,
    function() return find(t) end,
    function() return calls.log(t) end,
    function() return messages.sendMessage{peer = "self", message = "x", reply_to = {_ = "inputReplyToMessage", reply_to_peer_id = t}} end,
  } do
    assert(not pcall(function() assert(try()) end), "a table that contains itself was taken")
  end
  log.info("cycle", t)
  log.info("cycle", {t = t, markup = markup})
end)
