-- tries: to keep a little more after each call, for ever
-- must: load
kept = {}
on("updatePhoneCall", function()
  for _ = 1, 8 do kept[#kept + 1] = ("x"):rep(2 ^ 20 - #kept % 7) end
end)
on("call", function() end)
