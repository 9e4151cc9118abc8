-- tries: to spend the time on compiling, which no instruction counts
-- must: be ended: instructions|too slow|memory|longer|stuck
on("call", function()
  local source = ("x = 1 "):rep(100000)
  while true do loadstring(source) end
end)
