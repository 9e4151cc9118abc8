-- Whoever rings and is not answered gets onto a list, and half an hour later you
-- are reminded in your saved messages, unless you have talked meanwhile. The list
-- and the reminders are on the disk: edits of this file and restarts lose none, and
-- none comes twice. One that a crash cuts off while it is being sent is not made up
-- for; the caller's next call makes another.

local function entry(user) return "missed " .. user end

local function reminded(user)
  for _, timer in ipairs(timers("call-back")) do
    if timer.data.user == user then return true end
  end
end

on("call.ended", function(call)
  local key = entry(call.from.id)
  if call.outcome == "answered" or call.outcome == "answered_elsewhere" then
    store.delete(key)
    return
  end
  if not call.incoming or call.outcome ~= "missed" then return end

  if not reminded(call.from.id) then after("30m", "call-back", { user = call.from.id }) end
  store.set(key, { name = call.from.first_name or "somebody", at = os.time() }, { expires = "7d" })
end)

on("timer.call-back", function(timer)
  local key = entry(timer.data.user)
  local missed = store.get(key)
  if not missed then return end -- you have talked
  local sent = messages.sendMessage {
    peer    = "self",
    message = "Call back " .. missed.name .. ", who rang at " .. os.date("%H:%M", missed.at),
  }
  if sent then store.delete(key) else after("5m", "call-back", timer.data) end
end)
