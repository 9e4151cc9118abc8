-- tries: to bring into the log what must not stand there: codes, keys and phones of the people around
-- must: load
on("call", function(call)
  log.info("from", {from = call.from, peer = call.peer, data = call})
  print(call.from, call.peer, tostring(call.peer), call.peer.access_hash and "" or "")
  log.info(tostring(call.from), call.from)
  log.info(tostring(call.peer), call.peer)
end)
