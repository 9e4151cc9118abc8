-- tries: a table of a billion names
-- must: be ended: instructions|too slow|memory
on("call", function()
  local t = {}
  for i = 1, 1e9 do t["n" .. i] = t end
end)
