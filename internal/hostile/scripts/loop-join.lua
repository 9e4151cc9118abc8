-- tries: table.concat, table.sort, unpack and table.insert of long tables, each of which is one instruction
-- must: be ended: instructions|too slow
on("call", function()
  local list = {}
  for i = 1, 50000 do list[i] = i % 10 end
  while true do
    table.concat(list)
    table.sort(list)
    pcall(unpack, list)
    table.insert(list, 1, 1)
    table.remove(list, 1)
    table.maxn(list)
  end
end)
