-- Shows what Telegram says while a phone rings, and does nothing about it: one
-- line for each update of a call, with the fields that its constructor brings.

-- What opens a call or a key exchange stays out of the log.
local SECRET = {access_hash=true, g_a_hash=true, g_a_or_b=true, g_b=true, key_fingerprint=true}

local function fields(object)
  local shown = {}
  for name, value in pairs(object) do
    if name ~= "_" and not SECRET[name] then shown[#shown + 1] = name .. "=" .. tostring(value) end
  end
  table.sort(shown)
  return table.concat(shown, " ")
end

on("updatePhoneCall", function(update)
  print(update.phone_call._, fields(update.phone_call))
end)

-- A call leaves a line in the history of both sides.
on("updateNewMessage", function(update)
  local action = update.message.action
  if action and action._ == "messageActionPhoneCall" then
    print(action._, fields(action))
  end
end)
