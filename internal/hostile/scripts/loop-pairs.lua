-- tries: a walk over a table that grows with each step
-- must: be ended: instructions|too slow|memory
on("call", function()
  local t, i = {1}, 1
  while t[i] do
    t[i + 1] = t[i]
    i = i + 1
  end
end)
