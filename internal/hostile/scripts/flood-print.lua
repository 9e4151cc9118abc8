-- tries: to fill the log with lines
-- must: be ended: instructions|too slow
-- told: left out|not logged|dropped|more lines
on("call", function()
  while true do
    print("noise")
    log.error("noise", {level = "ERROR", msg = "a call was lost"})
  end
end)
