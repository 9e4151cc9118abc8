-- tries: an endless loop in each call
-- must: be ended: instructions
on("call", function()
  while true do end
end)
