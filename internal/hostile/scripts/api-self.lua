-- tries: a message to myself for each message, which is one more
-- must: load
-- on: updateNewMessage
local written = 0
on("updateNewMessage", function()
  written = written + 1
  if written < 2000 then messages.sendMessage{peer = "self", message = "and again"} end
end)
on("call", function() messages.sendMessage{peer = "self", message = "begin"} end)
