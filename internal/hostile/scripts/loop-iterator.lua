-- tries: an iterator that never ends
-- must: be ended: instructions
on("call", function()
  for _ in function() return true end do end
end)
