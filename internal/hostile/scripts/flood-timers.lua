-- tries: a million timers
-- must: be ended: .
on("call", function()
  local later = after or error("there are no timers")
  for _ = 1, 1e6 do later("1h", function() end) end
end)
