-- tries: a load whose pieces never end, or are no text
-- must: be ended: instructions|too slow
on("call", function()
  assert(not pcall(load, function() return ("x"):rep(2 ^ 19) end), "a source without end was taken")
  pcall(load, function() return {} end)
  load(function() while true do end end)
end)
