local function fails(want, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "no error: " .. want)
  err = tostring(err)
  assert(err:find(want, 1, true), err .. "\nwant " .. want)
  assert(err:find("^store.lua:%d+: "), "without a line: " .. err)
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

-- While a script loads, it may read and not write.
local before = store.get("before", "nothing")
fails("store.set: this waits, which a script may do in its handlers and not while it loads", store.set, "k", 1)
fails("store.incr: this waits", store.incr, "k")
fails("store.delete: this waits", store.delete, "k")
fails("store.shared.set: this waits", store.shared.set, "k", 1)
assert(#store.keys() == 0 and #store.shared.keys() == 0)

on("values", function()
  assert(before == "nothing")
  for _, v in ipairs{
    1, 0, -1.5, 2^53, 1e300, 1/0, true, false, "", "text", "a\0b\255", "588516572874907240",
    {}, {1, 2, 3}, {a = {b = {c = {}}}}, {1, 2, n = 2, [10] = "ten", [0.5] = false}, {["588516572874907240"] = -1},
  } do
    assert(store.set("v", v) == true)
    local got = store.get("v", "default")
    assert(same(got, v), tostring(v))
    assert(type(got) ~= "table" or got ~= v, "the same table")
  end
  store.set("v", 0/0)
  local nan = store.get("v")
  assert(nan ~= nan)

  local list = {1, 2}
  store.set("list", list)
  list[3] = 3
  local copy = store.get("list")
  copy[4] = 4
  assert(#store.get("list") == 2)

  local user = setmetatable({_ = "user", id = 777000, access_hash = "-9223372036854775808"}, {__index = function() return false end})
  store.set("user", user)
  assert(same(store.get("user"), {_ = "user", id = 777000, access_hash = "-9223372036854775808"}))
  assert(getmetatable(store.get("user")) == nil and store.get("user").bot == nil)
end)

on("keys", function()
  assert(same(store.keys(), {}) and store.get("none") == nil and store.get("none", 7) == 7 and store.get("none", false) == false)
  for _, key in ipairs{"b", "a", "a:2", "a:10", "é"} do store.set(key, key) end
  assert(same(store.keys(), {"a", "a:10", "a:2", "b", "é"}))
  assert(same(store.keys("a:"), {"a:10", "a:2"}) and same(store.keys("x"), {}) and #store.keys("") == 5)
  assert(store.delete("a") == true and store.delete("a") == true and store.get("a") == nil)
  assert(store.set("b", nil) == true and store.set("b") == true and store.get("b") == nil)
  assert(same(store.keys(), {"a:10", "a:2", "é"}))
  store.shared.set("a", "shared")
  assert(store.get("a") == nil and store.shared.get("a") == "shared" and same(store.shared.keys(), {"a"}))
  assert(store.shared.incr("n", 5) == 5 and store.shared.delete("n"))
end)

on("incr", function()
  assert(store.incr("n") == 1 and store.incr("n") == 2 and store.incr("n", 40) == 42 and store.incr("n", -2) == 40)
  assert(store.get("n") == 40 and store.incr("n", 0.5) == 40.5 and store.incr("m", nil) == 1)
  store.set("big", 2^53 - 1)
  assert(store.incr("big") == 2^53)
  for _, by in ipairs{1, 2, 0.5} do
    fails('store.incr: what is under "big" would be beyond 9007199254740992 (2^53), where numbers are not exact', store.incr, "big", by)
  end
  fails('store.incr: what is under "big" would be', store.incr, "big", 1e300)
  store.set("low", -2^53)
  fails("would be beyond", store.incr, "low", -1)
  fails("would be beyond", store.incr, "low", -2)
  assert(store.incr("low", 2) == 2 - 2^53)
  fails("would be beyond", store.incr, "low", -3)
  assert(store.incr("low", -2) == -2^53)
  assert(store.get("big") == 2^53 and store.get("low") == -2^53)
  for _, v in ipairs{"7", true, {}} do
    store.set("no", v)
    fails('store.incr: what is under "no" is not a number', store.incr, "no")
  end
  store.set("+15550001", "x")
  fails('store.incr: what is under "…01" is not a number', store.incr, "+15550001")
  store.set("inf", 1/0)
  fails("would be", store.incr, "inf")
end)

on("mistakes", function()
  fails("store.get: call it with a dot, not with a colon", function() store:get("x") end)
  fails("call it with a dot, not with a colon", function() store.shared:set("x", 1) end)
  fails("store.set: key: expected a text of 1 to 256 bytes, got table", store.set, {}, 1)
  local key = "store.get: key: expected a text of 1 to 256 bytes, got "
  fails("store.get: key: missing, expected a text of 1 to 256 bytes", store.get)
  fails(key .. "number 7", store.get, 7)
  fails(key .. "an empty one", store.get, "")
  fails(key .. "one of 257", store.get, ("x"):rep(257))
  fails(key .. 'one that is not UTF-8: string "\\xff"', store.get, "\255")
  fails(key .. 'one with a zero byte: string "a\\x00"', store.get, "a\0")
  assert(store.set(("x"):rep(256), 1))
  fails("store.get: takes 2 arguments, got 3", store.get, "k", 1, 2)
  fails("store.set: value.fn: a function cannot be kept", store.set, "k", {fn = pcall})
  fails("store.set: value[2].t[1]: a thread cannot be kept", store.set, "k", {1, {t = {coroutine.create(pcall)}}})
  local t = {}
  t.t = t
  fails("store.set: value.t: a table that contains itself cannot be kept", store.set, "k", t)
  fails("store.set: value: the value takes more than 65536 bytes", store.set, "k", ("x"):rep(65536))
  fails("store.set: value: these are options, which come after the value: store.set(key, value, {…})", store.set, "k", {expires = "1h"})
  assert(store.set("k", {expires = "1h"}, {}) and store.set("k", {expires = "1h", other = 1}))
  fails('store.set: options.expired: unknown field (did you mean "expires"?)', store.set, "k", 1, {expired = "1h"})
  fails("store.set: options.expires: expected a duration", store.set, "k", 1, {expires = 0})
  fails("store.set: options: expected a table", store.set, "k", 1, "1h")
  fails("store.incr: by: expected a number, got string", store.incr, "k", "1")
  fails("store.incr: by: these are options, which come after the number: store.incr(key, 1, {…})", store.incr, "k", {expires = "1h"})
  fails("store.incr: by: expected a number, got number NaN", store.incr, "k", 0/0)
  fails("store.keys: prefix: expected a text, got number 7", store.keys, 7)
  fails("store.shared.get: key: missing", store.shared.get)
end)

on("refused", function()
  local ok, err = store.set("k", 1)
  assert(ok == nil and err.type == "DATABASE" and err.method == "store.set" and err.message:find("disk full"), err.message)
  ok, err = store.incr("n")
  assert(ok == nil and err.type == "DATABASE" and err.method == "store.incr", err.message)
  ok, err = store.shared.set("k", 1)
  assert(ok == nil and err.method == "store.shared.set", err.message)
  assert(store.get("k") == nil and store.get("n") == nil)
end)

on("full", function()
  local ok, err
  for i = 1, 200 do
    ok, err = store.set("big" .. i, ("x"):rep(60000))
    if not ok then
      assert(i == 140, i)
      break
    end
  end
  assert(err.type == "STORE_FULL" and err.message:find("store.lua has %d+ bytes, and more than 8388608 are not kept"), err.message)
  assert(store.set("big1", "small") and store.delete("big2") and store.set("big200", 1))
end)

on("expires", function()
  store.set("hour", 1, {expires = "1h"})
  store.set("seconds", 1, {expires = 90})
  store.set("ever", 1, {expires = "1h"})
  store.set("ever", 2)
  assert(store.incr("times", 1, {expires = "1h"}) == 1)
end)

on("half an hour later", function()
  assert(store.get("hour") == 1 and store.get("seconds") == nil)
  assert(store.incr("times", 1, {expires = "1h"}) == 2) -- which does not move its end
  assert(store.incr("hour") == 2)
end)

on("an hour later", function()
  assert(store.get("hour", "gone") == "gone" and store.get("ever") == 2 and same(store.keys(), {"ever"}))
  assert(store.incr("times", 1, {expires = "1h"}) == 1)
end)
