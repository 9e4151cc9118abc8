-- tries: an endless loop in __index
-- must: be ended: instructions|too slow
local t = setmetatable({}, {__index = function() while true do end end})
on("call", function() return t.x end)
