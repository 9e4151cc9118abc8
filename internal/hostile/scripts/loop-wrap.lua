-- tries: an endless loop in a coroutine that is called as a function
-- must: be ended: instructions|too slow
on("call", function()
  while true do
    pcall(coroutine.wrap(function() while true do end end))
  end
end)
