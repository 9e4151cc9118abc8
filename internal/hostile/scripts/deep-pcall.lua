-- tries: a function that calls itself through pcall, to catch the end of the stack and go on
-- must: be ended: stack overflow
local function f() pcall(f) pcall(f) return f() end
on("call", function() f() end)
