-- tries: to compute in each call for just less than what would end it
-- must: load
on("call", function()
  local x = 0
  for i = 1, 200000 do x = x + i % 7 end
  return x
end)
