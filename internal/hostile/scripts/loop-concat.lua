-- tries: an endless loop in __concat
-- must: be ended: instructions|too slow
local t = setmetatable({}, {__concat = function() while true do end end})
on("call", function() return "a" .. "b" .. t .. "c" end)
