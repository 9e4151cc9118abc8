-- tries: strings of gigabytes from string.rep
-- must: be ended: rep
on("call", function()
  pcall(string.rep, "x", 2 ^ 31)
  pcall(string.rep, "x", 2 ^ 63)
  pcall(string.rep, "x", math.huge)
  pcall(string.rep, "x", 0 / 0)
  pcall(string.rep, "", 2 ^ 53)
  local s = ("x"):rep(2 ^ 20)
  s:rep(2 ^ 20)
end)
