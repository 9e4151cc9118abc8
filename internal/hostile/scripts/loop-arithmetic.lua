-- tries: endless loops in the metamethods of arithmetic
-- must: be ended: instructions|too slow
local mt = {}
for _, name in ipairs{"__add", "__sub", "__mul", "__div", "__mod", "__pow"} do
  mt[name] = function() while true do end end
end
on("call", function()
  local t = setmetatable({}, mt)
  pcall(function() return t + 1 end)
  return 2 ^ t
end)
