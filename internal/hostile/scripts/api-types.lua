-- tries: every kind of value where an id, a text or a flag is wanted
-- must: load: too slow|instructions
on("call", function(call)
  local odd = {
    0 / 0, math.huge, -math.huge, 2 ^ 53, -2 ^ 63, 1e300, 0.5, -1, "", "x", "9223372036854775808", ("9"):rep(1000), "\0",
    true, false, print, coroutine.create(function() end), call, {}, {{}}, {_ = "x"}, {_ = {}}, {_ = "inputPeerSelf", x = 1},
  }
  for _, v in ipairs(odd) do
    pcall(function() return messages.sendMessage{peer = v, message = ""} end)
    pcall(function() return phone.discardCall{peer = {id = v, access_hash = v}, duration = v, reason = v, connection_id = v} end)
    pcall(function() return users.getUsers{id = {v}} end)
    pcall(function() return phone.discardCall(v) end)
    pcall(function() return phone.discardCall(v, v) end)
    pcall(function() return phone[v] end)
    pcall(function() return as(v) end)
    pcall(call.decline, call, type(v) == "string" and v ~= "busy" and v or {})
    pcall(call.wait, call, v, 0)
    pcall(call.rate, call, v)
    pcall(sleep, type(v) ~= "number" and v or -1)
    pcall(calls.log, {limit = v, from = v, since = v})
    pcall(find, type(v) ~= "string" and v or {})
    pcall(log.info, v, {[tostring(v)] = v, v = v})
    pcall(on, v, v)
    pcall(rule, v)
    for _, method in ipairs{call.decline, call.reply, call.block} do
      assert(not pcall(method, v ~= call and v or {}, "x"), "a method was called on something else")
    end
  end
end)
