-- tries: a billion tables, each in the next
-- must: be ended: instructions|memory|time
on("call", function()
  local t = {}
  while true do t = {t, {}, {}, {x = t}} end
end)
