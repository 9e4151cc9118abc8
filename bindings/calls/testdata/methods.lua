local function declines(reason)
  return function(call) assert(call:decline(reason) == true) end
end

local function refuses(what, message)
  local ok, err = pcall(what)
  assert(not ok and err:find(message, 1, true), tostring(err) .. "\nwant " .. message)
  assert(err:find("^methods.lua:%d+: "), err)
end

local act = {
  decline = declines(nil), hangup = declines("hangup"), missed = declines("missed"), disconnect = declines("disconnect"),
  ignore = function(call) assert(call:ignore() == true) end,
  reply = function(call)
    local updates, err = call:reply("in a minute")
    assert(updates and (updates._ == "updates" or updates._ == "updateShortSentMessage"), tostring(err))
    call.from.id = 5 -- the script's own copy: an answer goes to the caller all the same
    assert(call:reply("two"))
  end,
  block = function(call) assert(call:block() == true) end,
  twice = function(call)
    assert(call:decline())
    for _, again in ipairs {"decline", "accept", "ignore"} do
      local ok, err = call[again](call)
      assert(ok == nil and err._ == "rpcError" and err.code == 0, tostring(err))
      assert(err.type == "CALL_ALREADY_DECIDED" or err.type == "CALL_ENDED", err.type)
      assert(err.method == "call:" .. again)
    end
  end,
  -- the methods of phone take the call, and its peer
  raw = function(call)
    assert(users.getUsers{id = {call.from}}[1].id == call.from.id)
    assert(messages.sendMessage{peer = call.from, message = "declined"})
    assert(phone.discardCall{peer = call, duration = 0, reason = "busy", connection_id = "0"})
  end,
  peer = function(call)
    assert(phone.discardCall{peer = call.peer, duration = 0, reason = "busy", connection_id = "0"})
  end,
  mistakes = function(call)
    refuses(function() call:decline("bussy") end, 'call:decline: reason: expected "busy", "hangup", "missed" or "disconnect", got string "bussy" (did you mean "busy"?)')
    refuses(function() call:decline(1) end, 'call:decline: reason: expected "busy", "hangup", "missed" or "disconnect", got number 1')
    refuses(function() call:decline("busy", 2) end, "call:decline: takes one argument, got 2")
    refuses(function() call:ignore(true) end, "call:ignore: takes no arguments, got 1")
    refuses(function() call:reply() end, "call:reply: text: missing, expected a text")
    refuses(function() call:reply("") end, 'call:reply: text: expected a text, got string ""')
    refuses(function() call:wait("over") end, 'call:wait: state: expected "ringing", "accepted", "active" or "ended", got string "over"')
    refuses(function() call:wait("ended", "soon") end, 'call:wait: timeout: expected a duration: seconds, or text such as "15m" or "1h30m", or {timeout=…}, got string "soon"')
    refuses(function() call:wait("ended", {timout = 5}) end, 'call:wait: timeout.timout: unknown field (did you mean "timeout"?)')
    refuses(function() call:rate(6) end, "call:rate: stars: expected a whole number from 1 to 5, got number 6")
    refuses(function() call:rate("5") end, 'call:rate: stars: expected a whole number from 1 to 5, got string "5"')

    refuses(function() phone.discardCall{peer = call.from, duration = 0, reason = "busy", connection_id = "0"} end,
      'field "peer": expected InputPhoneCall, the table of a call or its id, got user, which is of type User')
    refuses(function() messages.sendMessage{peer = call, message = "x"} end, 'field "peer": expected InputPeer')
    refuses(function() messages.sendMessage{peer = call, message = "x"} end, "got userdata inputPhoneCall")
    refuses(function() messages.sendMessage{peer = "self", message = call} end, 'field "message": expected string')
    local ok, err = call:rate(5)
    assert(ok == nil and err.code == 0, "it goes on")
    ok, err = call:hangup()
    assert(ok == nil and err.code == 0, "it was not answered")
  end,
  late = function() end,
}

on("call", function(call) act[call.from.first_name](call) end)

on("call.ended", function(call)
  if call.from.first_name ~= "late" then return end
  local ok, err = call:decline()
  assert(ok == nil and err.type == "CALL_ENDED", tostring(err))
  assert(tostring(err):find("^call:decline: CALL_ENDED: "), tostring(err))
  ok, err = call:rate(5)
  assert(ok == nil and err.type == "CALL_NOT_ACTIVE", tostring(err))
end)
