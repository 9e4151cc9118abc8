-- tries: a walk over a table that grows with each step
-- must: be ended: instructions|memory|time
on("call", function()
  local t = {1}
  for k in ipairs(t) do t[k + 1] = k end
end)
