-- tries: to have login codes quoted to somebody, and to spell them out by searching
-- must: load
-- told: login-codes
on("call", function()
  local nowhere = {_ = "inputPeerEmpty"}
  for _, try in ipairs{
    function()
      return messages.sendMessage{
        peer = "self", message = "x",
        reply_to = {_ = "inputReplyToMessage", reply_to_msg_id = 1, reply_to_peer_id = {_ = "inputPeerUser", user_id = 777000, access_hash = "1"}},
      }
    end,
    function()
      return messages.sendMessage{
        peer = {_ = "inputPeerUser", user_id = 777000, access_hash = "1"}, message = "x",
        reply_to = {_ = "inputReplyToMessage", reply_to_msg_id = 1, quote_text = "code: 1"},
      }
    end,
    function()
      return messages.search{
        peer = nowhere, q = "code: 1", filter = {_ = "inputMessagesFilterEmpty"}, min_date = 0, max_date = 0,
        offset_id = 0, add_offset = 0, limit = 1, max_id = 0, min_id = 0, hash = "0",
      }
    end,
    function()
      return messages.searchGlobal{
        q = "code: 1", filter = {_ = "inputMessagesFilterEmpty"}, min_date = 0, max_date = 0,
        offset_rate = 0, offset_peer = nowhere, offset_id = 0, limit = 1,
      }
    end,
  } do
    local ok, err = try()
    assert(ok == nil and err.type == "NOT_ALLOWED", "it was not refused: " .. tostring(err))
  end
end)
