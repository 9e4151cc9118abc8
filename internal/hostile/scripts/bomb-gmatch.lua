-- tries: a pattern that tries for ever, in gmatch
-- must: be ended: pattern|instructions|too slow
on("call", function()
  for _ in ("a"):rep(50000):gmatch(("(a-)"):rep(20) .. "b") do end
end)
