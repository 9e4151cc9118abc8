-- tries: to decide calls that are not there, and objects of calls that the script makes up
-- must: load
on("updatePhoneCall", function() end)
on("call", function(call)
  for _, peer in ipairs{{id = "1", access_hash = "1"}, {id = "0", access_hash = "0"}, {id = "-1", access_hash = "9223372036854775807"}} do
    local ok, err = phone.discardCall{peer = peer, duration = 0, reason = "busy", connection_id = "0"}
    assert(not ok and err.type, "a call that is not there was declined")
  end
  assert(not pcall(call.decline, {id = call.id}), "a table passed for a call")
  assert(not pcall(function() return phone.discardCall{peer = {id = "1"}, duration = 0, reason = "busy", connection_id = "0"} end))
end)
