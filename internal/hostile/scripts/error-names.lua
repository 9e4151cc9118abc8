-- tries: functions with long names in a deep traceback
-- must: be ended: deep
local name = ("n"):rep(10000)
local f = loadstring("local function " .. name .. "(n) if n == 0 then error('deep') end return 1 + " .. name .. "(n - 1) end return " .. name)()
on("call", function() f(150) end)
