-- When the shop is open. A module gives one value, usually a table.

local hours = {
  text = "We are closed. Call us from 9 to 17 o'clock, Monday to Friday.",
}

-- open(time) says whether the shop is open at a time of os.time.
function hours.open(time)
  local t = os.date("*t", time)
  local weekday = t.wday >= 2 and t.wday <= 6
  return weekday and t.hour >= 9 and t.hour < 17
end

return hours
