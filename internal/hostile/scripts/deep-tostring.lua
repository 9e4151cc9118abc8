-- tries: a __tostring that needs itself, which recurs in the host
-- must: be ended: overflow|nested|deep
local t
t = setmetatable({}, {__tostring = function() return tostring(t) end})
on("call", function()
  pcall(print, t)
  tostring(t)
end)
