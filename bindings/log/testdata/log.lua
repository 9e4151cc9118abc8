local levels = {debug = true, info = true, warn = true, error = true}

for name in pairs(log) do assert(levels[name], name) end

on("test", function()
  for level in pairs(levels) do
    assert(select("#", log[level]("message", {a = 1})) == 0)
    for _, bad in ipairs({"text", 1, true, print}) do
      local ok, err = pcall(log[level], "message", bad)
      assert(not ok and err:find("log." .. level .. ": the attributes must be a table, got " .. type(bad) .. "; print takes several values", 1, true), err)
    end
    assert(not pcall(log[level]), "a message is wanted")
    local ok, err = pcall(function() log[level](log, "message") end)
    assert(err:find("log." .. level .. ": call it with a dot, not with a colon", 1, true), err)
  end
  local hostile = setmetatable({}, {__tostring = function() error("no") end})
  assert(not pcall(log.info, "x", {hostile = hostile}))
  assert(not pcall(print, hostile))
  assert(select("#", print(1, 2)) == 0)
end)
