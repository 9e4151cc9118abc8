-- tries: a constructor of many values from a function, again and again
-- must: be ended: instructions|too slow|memory|overflow|registry
on("call", function()
  local list, kept = {}, {}
  for i = 1, 60000 do list[i] = i end
  while true do kept[#kept + 1] = {unpack(list)} end
end)
