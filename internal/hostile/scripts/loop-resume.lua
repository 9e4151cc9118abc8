-- tries: endless loops in coroutines whose errors resume gives as values
-- must: be ended: instructions|too slow
on("call", function()
  while true do
    coroutine.resume(coroutine.create(function()
      while true do pcall(function() while true do end end) end
    end))
  end
end)
