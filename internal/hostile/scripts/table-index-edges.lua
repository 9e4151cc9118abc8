-- tries: indices for which an array would be filled with hundreds of megabytes at once
-- must: load
on("call", function()
  local t = {}
  for _, edge in ipairs{2 ^ 16, 2 ^ 17, 2 ^ 26, 67108864, 2 ^ 31, 2 ^ 32, 2 ^ 53, 2 ^ 63, 1e300, math.huge, -1, -2 ^ 31, 0.5} do
    for _, i in ipairs{edge - 1, edge, edge + 1} do
      t[i] = 1
      rawset(t, i, 1)
      assert(t[i] == 1)
    end
  end
  assert(not pcall(function() t[0 / 0] = 1 end), "NaN was taken as a key")
  assert(not pcall(function() t[nil] = 1 end), "nil was taken as a key")
end)
