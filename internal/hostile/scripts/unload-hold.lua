-- tries: to go on after its file was removed: handlers of load and unload that never end, and a timer that sets the next
-- must: load: instructions|too slow|ended
on("load", function() sleep("100d") end)
on("unload", function() while true do pcall(sleep, "100d") end end)
on("unload", function() while true do pcall(function() while true do end end) end end)
local going
on("call", function()
  local function again() after("1s", again) end
  if not going then again() end
  going = true
end)
