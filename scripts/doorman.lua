-- Who gets through on this phone. Save the file, and the next call follows it.
--
--   contacts              ring
--   strangers             hear the busy tone and get a text
--   strangers with video  are hung up on, without a text
--   whoever rings three times in fifteen minutes gets through after all

local RINGS, WITHIN = 3, 15 * 60
local TEXT = "I can't talk right now. If it is urgent, ring " .. RINGS .. " times."

local rings = {} -- caller's id -> the times of his recent rings, in seconds

-- rings_lately notes that the caller rings now and counts his recent rings.
local function rings_lately(id)
  local now, recent = os.time(), {}
  for _, at in ipairs(rings[id] or {}) do
    if now - at < WITHIN then recent[#recent + 1] = at end
  end
  recent[#recent + 1] = now
  rings[id] = recent
  return #recent
end

local function decline(call, reason)
  local ok, err = phone.discardCall{peer=call, duration=0, reason=reason, connection_id="0"}
  if not ok then log.warn("not declined", {caller=call.admin_id, err=tostring(err)}) end
  return ok
end

on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end

  local known, err = users.getUsers{id={call.admin_id}}
  if not known then return log.warn("caller unknown", {err=tostring(err)}) end
  local caller = known[1]

  if caller.contact then return log.info("a contact rings", {caller=caller.first_name}) end
  if rings_lately(caller.id) >= RINGS then return log.info("persistent, so it rings", {caller=caller.first_name}) end

  if call.video then return decline(call, "hangup") end
  if decline(call, "busy") then
    messages.sendMessage{peer=caller.id, message=TEXT}
  end
end)
