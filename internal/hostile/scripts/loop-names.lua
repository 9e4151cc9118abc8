-- tries: misspelt names, for each of which the nearest known one is looked for
-- must: be ended: instructions|too slow
on("call", function()
  while true do
    pcall(function() return messages.sendMesage end)
    pcall(function() return messages.sendMessage{pear = "@bob"} end)
    pcall(function() return phone.discardCall{peer = {_ = "inputFonCall"}} end)
  end
end)
