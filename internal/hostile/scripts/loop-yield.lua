-- tries: two coroutines that hand over to each other for ever
-- must: be ended: instructions|too slow
on("call", function()
  local a = coroutine.wrap(function() while true do coroutine.yield() end end)
  local b = coroutine.wrap(function() while true do a() coroutine.yield() end end)
  while true do b() end
end)
