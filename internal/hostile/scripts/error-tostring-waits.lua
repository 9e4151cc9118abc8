-- tries: an error whose __tostring waits, and asks Telegram
-- must: be ended: .
on("call", function()
  error(setmetatable({}, {__tostring = function() sleep("100d") find("@nobody") return "late" end}))
end)
