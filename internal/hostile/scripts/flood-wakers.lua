-- tries: sleeps of no time, so that it is never at rest and hardly takes an instruction
-- must: be ended: .
on("call", function()
  while true do sleep(0) end
end)
