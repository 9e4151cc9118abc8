-- tries: long strings from __concat
-- must: be ended: longer|string|memory
local mt = {}
mt.__concat = function(a, b)
  local s = ("x"):rep(2 ^ 20)
  return (type(a) == "string" and a or s) .. (type(b) == "string" and b or s)
end
on("call", function()
  local s = setmetatable({}, mt)
  for _ = 1, 60 do s = s .. setmetatable({}, mt) end
end)
