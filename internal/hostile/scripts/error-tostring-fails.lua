-- tries: an error whose __tostring raises an error whose __tostring fails
-- must: be ended: __tostring
local mt = {}
mt.__tostring = function() error(setmetatable({}, mt)) end
on("call", function() error(setmetatable({}, mt)) end)
