-- tries: to see what another script left in the globals, the libraries and in shared tables
-- must: load
on("call", function(call)
  assert(rawget(_G, "marker_of_overwrite") == nil, "another script's global is seen")
  assert(("x"):rep(3) == "xxx" and string.format("%d", 3) == "3", "another script replaced the library of strings")
  assert(call.data.left_by_others == nil, "another script's data of the call is seen")
  call.data.left_by_others = true
  local _, err = phone.discardCall{peer = {id = "1", access_hash = "1"}, duration = 0, reason = "busy", connection_id = "0"}
  assert(err.type ~= nil and err.left_by_others == nil, "another script's mark is in an error")
  rawset(err, "left_by_others", true)
  rawset(call.from, "left_by_others", true)
end)
