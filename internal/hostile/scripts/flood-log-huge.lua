-- tries: to fill the log with long lines, and to write lines that look like others' lines
-- must: load: too slow|instructions
on("call", function(call)
  local huge = ("x"):rep(2 ^ 20)
  local wide = {}
  for i = 1, 10000 do wide["name" .. i] = huge end
  for _ = 1, 20 do
    print(huge, huge, huge)
    log.info(huge, {[huge] = huge, t = wide})
    log.info("first\nsecond level=ERROR msg=forged", {["a b\n=c"] = "d\r\n\27[2J"})
    log.info("x", wide)
  end
end)
