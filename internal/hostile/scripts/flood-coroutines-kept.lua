-- tries: coroutines that are begun in each call, kept and never ended
-- must: load
kept = {}
on("call", function()
  for _ = 1, 1000 do
    local co = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(co)
    kept[#kept + 1] = co
  end
end)
