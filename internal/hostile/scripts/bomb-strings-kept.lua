-- tries: to hold more memory than there is, in strings that are each within the limit
-- must: be ended: memory|instructions|too slow
on("call", function()
  local kept = {}
  while true do kept[#kept + 1] = ("x"):rep(2 ^ 20 - #kept % 7) end
end)
