-- tries: an endless loop in __eq
-- must: be ended: instructions|too slow
local mt = {__eq = function() while true do end end}
on("call", function() return setmetatable({}, mt) == setmetatable({}, mt) end)
