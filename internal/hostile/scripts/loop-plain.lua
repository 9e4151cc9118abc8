-- tries: an endless loop in each call
-- must: be ended: instructions|too slow
on("call", function()
  while true do end
end)
