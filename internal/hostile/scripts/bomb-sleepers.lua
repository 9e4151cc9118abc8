-- tries: handlers that hold ten megabytes each and sleep for ever
-- must: wait
on("call", function()
  local kept = {}
  for i = 1, 10 do kept[i] = ("x"):rep(2 ^ 20 - i) end
  while true do sleep("100d") end
  return kept
end)
