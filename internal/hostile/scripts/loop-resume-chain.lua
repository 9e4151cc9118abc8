-- tries: coroutines that resume each other, each one deeper
-- must: be ended: stack overflow: more than 200 coroutines
local function deeper(n)
  return coroutine.wrap(function() return deeper(n + 1)() end)
end
on("call", function() deeper(1)() end)
