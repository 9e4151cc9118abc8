-- tries: a billion tables, each in the next
-- must: be ended: instructions|too slow|memory
on("call", function()
  local t = {}
  while true do t = {t, {}, {}, {x = t}} end
end)
