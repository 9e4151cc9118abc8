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
      assert(coroutine.status(inner) == "running" and coroutine.status(outer) == "normal")
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

on("test", function() -- yield, also as a tail call and with many values
  local function deeper(...) return coroutine.yield(...) end
  local co = coroutine.create(function(...)
    local a, b, c = coroutine.yield(...)
    assert(a == "a" and b == nil and c == "c")
    assert(select("#", deeper(1, 2)) == 3)
    for i = 1, 3 do coroutine.yield(i) end
    return coroutine.yield("tail")
  end)
  local function step(...)
    local values = {coroutine.resume(co, ...)}
    assert(values[1], values[2])
    return select(2, unpack(values))
  end
  assert(select("#", step(1, 2, 3)) == 3)
  local one, two = step("a", nil, "c")
  assert(one == 1 and two == 2)
  assert(step("x", "y", "z") == 1)
  assert(step() == 2 and step() == 3 and step() == "tail")
  assert(step("end") == "end")
  assert(coroutine.status(co) == "dead")
  local ok, err = pcall(coroutine.yield)
  assert(not ok and err:find("outside a coroutine"), err)
end)

on("test", function() -- generators, one in another, given up half way
  local function range(n) return coroutine.wrap(function() for i = 1, n do block() coroutine.yield(i) end end) end
  local function odd(n) return coroutine.wrap(function() for i in range(n) do if i % 2 == 1 then coroutine.yield(i) end end end) end
  local sum = 0
  for i in odd(9) do sum = sum + i end
  assert(sum == 25, sum)
  for i in range(1e9) do if i == 3 then break end end
end)

on("test", function() -- a function in Go as the body
  local co = coroutine.create(block)
  local ok, one, two = coroutine.resume(co, 1, 2)
  assert(ok and one == 1 and two == 2 and coroutine.status(co) == "dead")
  assert(not coroutine.resume(co))
  assert(coroutine.wrap(math.max)(3, 7) == 7)
  ok, one = pcall(coroutine.wrap(error), "no", 0)
  assert(not ok and one == "no", one)
  co = coroutine.wrap(coroutine.yield)
  assert(co("out") == "out" and co("back") == "back")
  ok, one = pcall(coroutine.wrap, 42)
  assert(not ok and one:find("function expected, got number"), one)
end)

on("test", function() -- where gopher-lua cannot yield, it is an error and not a wrong result
  local function y() coroutine.yield("no") end
  local object = setmetatable({}, {__index = y, __add = y, __tostring = y})
  for name, f in pairs({
    pcall    = function() local ok, err = pcall(y) error(err, 0) end,
    sort     = function() table.sort({1, 2}, y) end,
    gsub     = function() local _ = ("x"):gsub("x", y) end,
    iterator = function() for _ in y do end end,
    index    = function() return object.x end,
    add      = function() return object + 1 end,
    tostring = function() tostring(object) end,
  }) do
    local ok, err = coroutine.resume(coroutine.create(f))
    assert(not ok and err:find("attempt to yield across"), name .. ": " .. tostring(err))
  end
end)
