-- tries: values with metatables that never end where they are kept, counted, encoded or sent
-- must: load
local function loop() while true do end end
local odd = setmetatable({x = 1}, {__index = loop, __newindex = loop, __len = loop, __pairs = loop, __ipairs = loop, __tostring = loop, __eq = loop})
on("timer.odd", loop)
on("call", function(call)
  store.set("odd", odd)
  assert(getmetatable(store.get("odd")) == nil, "a metatable was kept")
  local timer = assert(after("100d", "odd", odd))
  assert(getmetatable(timer.data) == nil and timer.data.x == 1, "a metatable was kept with a timer")
  timer:stop()
  assert(json.encode(odd) == '{"x":1}')
  for _, f in ipairs{store.set, store.get, store.incr, store.keys, json.decode, after, every, daily, cron, call.wait, http.get} do
    assert(not pcall(f, odd, odd), "a table was taken for a text")
  end
end)
