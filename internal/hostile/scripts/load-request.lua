-- tries: to ask Telegram and to wait while the script loads
-- must: be refused: load
pcall(sleep, "100d")
pcall(function() return messages.sendMessage{peer = "self", message = "x"} end)
assert(not pcall(find, "@nobody"), "it asked while it loaded")
sleep("100d")
