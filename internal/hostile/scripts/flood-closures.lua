-- tries: a hundred thousand functions, each with source of its own
-- must: be ended: instructions|too slow|memory
on("call", function()
  local kept = {}
  for i = 1, 1e7 do kept[i] = loadstring("local x = " .. i .. " return function() return x end")() end
end)
