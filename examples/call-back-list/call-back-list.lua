-- Whoever rings and is not answered gets onto a list, and half an hour later you
-- are reminded in your saved messages, unless you have talked meanwhile. The list
-- and the reminders are on the disk: edits of this file, restarts and crashes lose
-- none, and none comes twice.

local function entry(user) return "missed " .. user end

on("call.ended", function(call)
  local key = entry(call.from.id)
  if call.outcome == "answered" or call.outcome == "answered_elsewhere" then
    store.delete(key)
    return
  end
  if not call.incoming or call.outcome ~= "missed" then return end

  if not store.get(key) then after("30m", "call-back", { user = call.from.id }) end
  store.set(key, { name = call.from.first_name, at = os.time() }, { expires = "7d" })
end)

on("timer.call-back", function(timer)
  local missed = store.get(entry(timer.data.user))
  if not missed then return end -- you have talked
  store.delete(entry(timer.data.user))
  messages.sendMessage {
    peer    = "self",
    message = "Call back " .. missed.name .. ", who rang at " .. os.date("%H:%M", missed.at),
  }
end)
