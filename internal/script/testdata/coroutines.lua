-- Coroutines that handlers share, and what they see of themselves.

assert(coroutine.running() == nil, "the top level is no coroutine")

local shared = coroutine.create(function()
  while true do block() coroutine.yield() end
end)

on("test", function() -- one at a time
  assert(coroutine.running() == nil, "a handler is no coroutine")
  local ok, err = coroutine.resume(shared)
  if not ok then assert(err == "cannot resume a coroutine that is not suspended", err) end
  assert(coroutine.status(shared) ~= "dead")
end)

on("test", function() -- status and running
  local outer, inner
  outer = coroutine.create(function()
    assert(coroutine.running() == outer)
    assert(coroutine.status(outer) == "running")
    inner = coroutine.create(function()
      assert(coroutine.status(outer) == "normal")
      assert(not coroutine.resume(outer), "the one that resumed us")
      block()
      assert(coroutine.running() == inner)
    end)
    assert(coroutine.resume(inner))
    assert(coroutine.running() == outer)
  end)
  assert(coroutine.status(outer) == "suspended")
  assert(coroutine.resume(outer))
  assert(coroutine.status(outer) == "dead")
  assert(not coroutine.resume(outer))
end)

on("test", function() -- an error leaves it dead and us running
  local f = coroutine.wrap(function() block() error("inside", 0) end)
  local ok, err = pcall(f)
  assert(not ok and err == "inside")
  assert(coroutine.running() == nil)
  ok, err = pcall(f)
  assert(not ok and err:find("dead"), err)
end)

on("test", function() -- each in the next, without end
  local function nest() return coroutine.wrap(nest)() end
  local ok, err = pcall(nest)
  assert(not ok and err:find("more than 200 coroutines"), err)
end)
