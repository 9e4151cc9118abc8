-- tries: messages of a megabyte, and ones that are no UTF-8
-- must: load
on("call", function(call)
  local huge = ("x"):rep(2 ^ 20 - 1)
  for _, text in ipairs{huge, "\255\254\0", ("\0"):rep(5000), ""} do
    local sent, err = messages.sendMessage{peer = "self", message = text}
    assert(sent or err.type ~= nil, "no error")
    pcall(call.reply, call, text)
  end
  pcall(find, huge)
  pcall(find, "@" .. huge)
  pcall(calls.request or find, huge)
end)
