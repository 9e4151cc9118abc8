-- tries: table.insert and table.remove at positions far away
-- must: load
on("call", function()
  for _, at in ipairs{0, -1, 2, 2 ^ 17, 2 ^ 26, 2 ^ 31, 2 ^ 53, 2 ^ 63, -2 ^ 63, 1e300, 0.5, 0 / 0} do
    pcall(table.insert, {}, at, 1)
    pcall(table.insert, {1, 2, 3}, at, 1)
    pcall(table.remove, {1, 2, 3}, at)
    pcall(table.concat, {1, 2, 3}, ",", 1, at)
    pcall(table.concat, {1, 2, 3}, ",", at, 3)
    pcall(select, at, 1, 2, 3)
  end
  pcall(table.insert, setmetatable({}, {__newindex = error}), 1)
end)
