-- Every incoming call is declined as busy, with phone.discardCall exactly as
-- Telegram documents it:
--
--   Updates = phone.discardCall({peer=InputPhoneCall, duration=int, reason=PhoneCallDiscardReason, connection_id=long, })

on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end

  local updates, err = phone.discardCall({
    peer          = {_="inputPhoneCall", id=call.id, access_hash=call.access_hash},
    duration      = 0, -- seconds of talk
    reason        = {_="phoneCallDiscardReasonBusy"},
    connection_id = "0", -- a long is a decimal string: Lua's numbers cannot hold all of them
  })
  if updates then
    log.info("declined", {call=call.id, result=updates._})
  else
    log.warn("not declined", {call=call.id, code=err.code, type=err.type})
  end
end)
