-- tries: to wait for states of calls, without end and without a pause
-- must: wait
on("call", function(call)
  while true do
    call:wait("active", "100d")
    sleep("1s")
  end
end)
