-- tries: an __index that needs itself
-- must: be ended: overflow|nested|deep
local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end})
on("call", function() return t.x end)
