-- tries: arguments whose fields are read, listed and told by functions that never end
-- must: be ended: instructions|too slow
on("call", function(call)
  local function loop() while true do end end
  local t = setmetatable({}, {
    __index = loop, __newindex = loop, __len = loop, __tostring = loop, __call = loop, __eq = loop, __pairs = loop,
    __ipairs = loop, __concat = loop, __gc = loop, __mode = "kv", __metatable = loop, __name = loop,
  })
  pcall(function() return messages.sendMessage(t) end)
  pcall(function() return messages.sendMessage{peer = t, message = t} end)
  pcall(calls.log, t)
  pcall(call.reply, call, t)
  pcall(log.info, "x", t)
  while true do pcall(log.info, t) end
end)
