-- tries: handlers of errors that fail, within handlers of errors
-- must: load: stack overflow
local function f(n) xpcall(error, function() if n < 10000 then f(n + 1) end error("again") end) end
on("call", function()
  pcall(f, 1)
  xpcall(error, error)
  xpcall(error, xpcall)
  xpcall(function() error() end, function() error() end)
end)
