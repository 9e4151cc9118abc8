-- tries: an iterator that never ends
-- must: be ended: instructions|too slow
on("call", function()
  for _ in function() return true end do end
end)
