-- tries: a function that calls itself for ever
-- must: be ended: stack overflow
local function f(n) return 1 + f(n + 1) end
on("call", function() f(1) end)
