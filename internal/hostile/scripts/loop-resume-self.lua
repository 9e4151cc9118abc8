-- tries: coroutines that resume themselves, their callers, and what is dead
-- must: load
on("call", function()
  local co
  co = coroutine.create(function()
    assert(not coroutine.resume(co), "it resumed itself")
    local inner = coroutine.wrap(function()
      assert(not coroutine.resume(co), "it resumed its caller")
      error("inside")
    end)
    assert(not pcall(inner))
    assert(not pcall(inner), "a dead one ran")
  end)
  assert(coroutine.resume(co))
  assert(not coroutine.resume(co), "a dead one ran")
  assert(not pcall(coroutine.yield), "a handler yielded")
  assert(coroutine.running() == nil, "a handler is shown as a coroutine")
end)
