-- tries: a pattern that tries for ever, in match, at each place of the text
-- must: be ended: pattern
on("call", function()
  ("a"):rep(2 ^ 20):match(("a*"):rep(20) .. "b")
end)
