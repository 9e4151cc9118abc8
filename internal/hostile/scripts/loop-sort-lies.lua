-- tries: comparisons that contradict each other, with which a sort may run out of its table
-- must: load: too slow|instructions
on("call", function()
  for round = 1, 5 do
    local list = {}
    for i = 1, 200 do list[i] = i * 7919 % 211 end
    pcall(table.sort, list, function() return true end)
    pcall(table.sort, list, function(a, b) return (a + b + round) % 3 == 0 end)
    pcall(table.sort, list, function() list[#list + 1] = 1 return false end)
  end
end)
