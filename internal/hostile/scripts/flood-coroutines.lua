-- tries: a million coroutines that are kept, half of them begun
-- must: be ended: coroutines|memory|instructions|too slow
on("call", function()
  local kept = {}
  for i = 1, 1e6 do
    kept[i] = coroutine.create(function() coroutine.yield() end)
    if i % 2 == 0 then coroutine.resume(kept[i]) end
  end
end)
