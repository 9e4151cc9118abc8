-- tries: a pattern that tries for ever, in find
-- must: be ended: pattern|instructions|too slow
on("call", function()
  local text, pattern = ("a"):rep(50000), (".-"):rep(30) .. "b"
  while true do
    if pcall(string.find, text, pattern) then error("the pattern ended by itself") end
  end
end)
