-- tries: a handler for each update that sleeps for ever, with a coroutine asleep in it
-- must: wait
on("updatePhoneCall", function() while true do sleep("100d") end end)
on("call", function()
  coroutine.wrap(function() pcall(sleep, "100d") sleep("100d") end)()
end)
