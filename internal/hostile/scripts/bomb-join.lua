-- tries: a string of gigabytes from table.concat, by its pieces and by its separator
-- must: be ended: concat
on("call", function()
  local list, s = {}, ("x"):rep(2 ^ 20)
  for i = 1, 4096 do list[i] = s end
  pcall(table.concat, {1, 2, 3, 4, 5, 6, 7, 8}, s)
  pcall(table.concat, list, "", -2 ^ 53, 2 ^ 53)
  table.concat(list)
end)
