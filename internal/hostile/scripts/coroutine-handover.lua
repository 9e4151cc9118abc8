-- tries: coroutines that one handler starts and others resume, close or wait within, while they wait themselves
-- must: load
local shared
on("call", function(call)
  shared = coroutine.create(function()
    sleep("50ms")
    coroutine.yield(call)
    call:wait("ended", "100ms")
    return call.state
  end)
  coroutine.resume(shared)
  coroutine.resume(shared)
end)
on("call", function()
  for _ = 1, 10 do
    if shared and coroutine.status(shared) == "running" then error("two handlers run at once") end
    if shared then coroutine.resume(shared) end
    sleep("1ms")
  end
end)
on("call", function()
  local list = {3, 2, 1}
  table.sort(list, function(a, b) sleep("1ms") return a < b end)
  assert(list[1] == 1 and list[3] == 3)
  assert(("abc"):gsub(".", function() sleep("1ms") return "y" end) == "yyy")
  assert(not pcall(table.sort, list, function() coroutine.yield() end))
  assert(setmetatable({}, {__index = function() sleep("1ms") return 1 end}).x == 1)
end)
