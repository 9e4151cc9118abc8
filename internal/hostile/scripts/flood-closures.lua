-- tries: a hundred thousand functions, each with source of its own
-- must: be ended: instructions|memory|time
on("call", function()
  local kept = {}
  for i = 1, 1e7 do kept[i] = loadstring("local x = " .. i .. " return function() return x end")() end
end)
