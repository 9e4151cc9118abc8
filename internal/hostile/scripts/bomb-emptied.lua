-- tries: JSON of a table that was emptied, and has to be looked through each time that it is met
-- must: be ended: too slow|instructions
on("call", function()
  local emptied, list = {}, {}
  for i = 1, 60000 do emptied[i] = 1 end
  for i = 1, 60000 do emptied[i] = nil end
  for i = 1, 60000 do list[i] = emptied end
  json.encode(list)
  while true do end
end)
