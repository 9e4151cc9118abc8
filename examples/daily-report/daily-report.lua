-- Every evening, a line in your saved messages says who rang. A named timer is
-- kept on the disk: when luahost was down at six, the report comes when it is up
-- again, if that is before nine.

daily("18:00", "report", nil, { missed = "3h" })

on("timer.report", function(timer)
  local count, missed = 0, {}
  for _, call in ipairs(calls.log { since = "1d" }) do
    count = count + 1
    if call.outcome == "missed" then table.insert(missed, call.from.name) end
  end
  local text = ("%d calls today"):format(count)
  if #missed > 0 then text = text .. ", missed: " .. table.concat(missed, ", ") end
  messages.sendMessage { peer = "self", message = text }
end)
