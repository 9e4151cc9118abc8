-- tries: an endless loop in __call, and a __call that is a table with a __call
-- must: be ended: instructions|too slow
local t = setmetatable({}, {__call = function() while true do end end})
local chain = t
for _ = 1, 500 do chain = setmetatable({}, {__call = chain}) end
on("call", function()
  pcall(function() chain() end)
  t()
end)
