-- tries: arguments a hundred thousand tables deep, at which a host that recurs overflows its stack
-- must: load: too slow|instructions
on("call", function(call)
  local t = {}
  for _ = 1, 100000 do t = {_ = "textBold", text = t, t} end
  pcall(function() return messages.sendMessage{peer = t, message = "x"} end)
  pcall(function() return messages.sendMessage{peer = "self", message = "x", reply_to = t} end)
  pcall(function() return messages.saveDraft{peer = "self", message = "x", media = t} end)
  pcall(log.info, "deep", t)
  pcall(log.info, "deep", {t = t})
  pcall(call.reply, call, t)
  pcall(calls.log, t)
  pcall(error, t)
  if json then pcall(json.encode, t) pcall(json.decode, ("["):rep(100000)) end
  if store then pcall(store.set, "deep", t) end
end)
