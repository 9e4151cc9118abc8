-- tries: to make garbage in each call, within all limits
-- must: load
on("call", function()
  for _ = 1, 2000 do
    local t = {}
    for i = 1, 20 do t[i] = {i} end
  end
end)
