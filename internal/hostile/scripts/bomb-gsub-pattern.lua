-- tries: a pattern that tries for ever, in gsub
-- must: be ended: pattern
on("call", function()
  ("a"):rep(50000):gsub((".-"):rep(20) .. "b$", "")
end)
