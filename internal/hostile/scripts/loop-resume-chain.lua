-- tries: coroutines that resume each other, each one deeper
-- must: be ended: coroutines|overflow|nested
local function deeper(n)
  return coroutine.wrap(function() return deeper(n + 1)() end)
end
on("call", function() deeper(1)() end)
