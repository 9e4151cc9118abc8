-- tries: to log the account out, to delete it, and to take its money
-- must: load
-- told: not allowed|NOT_ALLOWED
on("call", function()
  for _, try in ipairs{
    function() return auth.logOut{} end,
    function() return auth.resetAuthorizations{} end,
    function() return account.deleteAccount{reason = "no"} end,
    function() return account.updateUsername{username = "taken_over"} end,
    function() return payments.getStarsTopupOptions{} end,
    function() return messages.deleteHistory{peer = "self", max_id = 0, revoke = true} end,
    function() return as("Ada").auth.logOut{} end,
  } do
    local ok, err = try()
    assert(ok == nil and err.type == "NOT_ALLOWED", "it was not refused: " .. tostring(err))
    log.warn(tostring(err))
  end
end)
