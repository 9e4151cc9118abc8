-- tries: to write lines of the log that look like luahost's own about another script
-- must: load
-- told: script\.script=good\.lua
on("call", function()
  print("ok\ntime=2026-01-01T00:00:00Z level=ERROR msg=\"handler failed\" script=good.lua\r\27[2K\27[1A")
  log.error("handler failed", {
    time = 1, level = "ERROR", msg = "handler failed", script = "good.lua", generation = "00000000", file = "good.lua", line = 1,
    source = "forged()", traceback = "stack traceback:\n\tgood.lua:1: in main chunk", error = "good.lua:1: forged",
  })
  log.warn("", {["\nlevel"] = "ERROR", ["a=b script"] = "good.lua", [""] = "\0\255"})
end)
