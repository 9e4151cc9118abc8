-- tries: strings of gigabytes from gsub: by text, table, function and captures
-- must: be ended: gsub
on("call", function()
  local s = ("x"):rep(2 ^ 20)
  pcall(string.gsub, s, ".", {x = s})
  pcall(string.gsub, s, ".", function() return s end)
  pcall(string.gsub, s, ".*", ("%0"):rep(2000))
  pcall(string.gsub, s, "", s)
  s:gsub(".", s)
end)
