-- tries: an __index chain that leads back to its beginning
-- must: be ended: gettable|loop
local a, b = {}, {}
setmetatable(a, {__index = b})
setmetatable(b, {__index = a})
on("call", function() return a.x end)
