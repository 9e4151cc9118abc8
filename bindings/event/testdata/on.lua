local order = {}

assert(select("#", on("ring", function(...)
  assert(select("#", ...) == 0)
  order[#order + 1] = "first"
end)) == 0, "on returns nothing")

on("ring", function()
  assert(order[1] == "first", "handlers start in the order in which they were registered")
  local ok, err = pcall(on, "ring", function() end)
  assert(not ok and err:find("ring: handlers are registered while the script loads, not later", 1, true), err)
end)

-- A mistake that is caught registers nothing.
assert(not pcall(on, "no such event", function() end))
