-- tries: hundreds of requests at a time, each with a megabyte in it
-- must: load
local text = ("x"):rep(900000)
on("call", function()
  for i = 1, 300 do
    after(0, function()
      messages.sendMessage{peer = "self", message = "x", entities = {{_ = "messageEntityTextUrl", offset = 0, length = 1, url = text}}}
      upload.saveFilePart{file_id = tostring(i), file_part = 1, bytes = text}
    end)
  end
end)
