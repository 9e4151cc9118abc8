-- tries: an endless loop in __lt and __le, called by comparisons and by sort
-- must: be ended: instructions|too slow
local mt = {__lt = function() while true do end end}
mt.__le = mt.__lt
on("call", function()
  local list = {}
  for i = 1, 10 do list[i] = setmetatable({}, mt) end
  pcall(table.sort, list)
  return list[1] <= list[2]
end)
