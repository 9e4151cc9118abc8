-- tries: endless loops in __len and __unm
-- must: be ended: instructions|too slow
local mt = {__len = function() while true do end end, __unm = function() while true do end end}
on("call", function()
  local t = setmetatable({}, mt)
  pcall(function() return #t end)
  return -t
end)
