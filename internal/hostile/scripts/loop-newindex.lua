-- tries: an endless loop in __newindex, and a chain of them that is a cycle
-- must: be ended: instructions|too slow
local a, b = {}, {}
setmetatable(a, {__newindex = b})
setmetatable(b, {__newindex = a})
local t = setmetatable({}, {__newindex = function() while true do end end})
on("call", function()
  pcall(function() a.x = 1 end)
  t.x = 1
end)
