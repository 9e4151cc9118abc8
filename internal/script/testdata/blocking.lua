-- What Lua puts around a call works when that call gives the VM away.

local function equal(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end

on("test", function() -- pcall and xpcall
  equal(select(2, pcall(block, 1)), 1)
  local ok, err = pcall(function() block() error({code = 5}) end)
  equal(ok, false)
  equal(err.code, 5)
  local _, text = xpcall(function() block() error("deep", 0) end, function(e) return block(e) .. "!" end)
  equal(text, "deep!")
end)

on("test", function() -- coroutines
  local gen = coroutine.wrap(function(a)
    local b = coroutine.yield(block(a + 1))
    coroutine.yield(block(a + b))
    return "end"
  end)
  equal(gen(1), 2)
  equal(block(gen(10)), 11)
  equal(gen(), "end")
  local co = coroutine.create(function(...) return block(...) end)
  local ok, a, b = coroutine.resume(co, 1, 2)
  equal(ok, true) equal(a, 1) equal(b, 2)
  equal(coroutine.status(co), "dead")
end)

on("test", function() -- iterators
  local sum = 0
  for i in function(_, i) i = block((i or 0) + 1) if i <= 5 then return i end end do sum = sum + block(i) end
  equal(sum, 15)
end)

on("test", function() -- metamethods
  local mt = {}
  mt.__index = function(_, k) return block(k .. "!") end
  mt.__newindex = function(t, k, v) block() rawset(t, k, v) end
  mt.__add = function(a, b) return block(7) end
  mt.__eq = function() return block(true) end
  mt.__lt = function() return block(true) end
  mt.__concat = function() return block("joined") end
  mt.__call = function(_, x) return block(x) end
  mt.__tostring = function() return block("me") end
  local a, b = setmetatable({}, mt), setmetatable({}, mt)
  equal(a.x, "x!")
  a.y = 3
  equal(rawget(a, "y"), 3)
  equal(a + b, 7)
  equal(a == b, true)
  equal(a < b, true)
  equal(a .. b, "joined")
  equal(a(9), 9)
  equal(tostring(a), "me")
end)

on("test", function() -- table.sort, string.gsub
  local t = {5, 3, 9, 1, 7}
  table.sort(t, function(a, b) block() return a < b end)
  equal(table.concat(t, " "), "1 3 5 7 9")
  equal((("a-b"):gsub("%w", function(c) return block(c:upper()) end)), "A-B")
end)

on("test", function() return block() end) -- a tail call
