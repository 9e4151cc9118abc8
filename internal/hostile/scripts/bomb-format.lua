-- tries: strings of gigabytes from string.format
-- must: be ended: format
on("call", function()
  pcall(string.format, "%2000000000d", 1)
  pcall(string.format, "%.2000000000f", 1)
  pcall(string.format, "%*d", 2 ^ 31, 1)
  pcall(string.format, "%n%hn%p", {}, {}, {})
  local s = ("x"):rep(2 ^ 20)
  pcall(string.format, "%q", ("\0\n\""):rep(2 ^ 18))
  string.format(("%s"):rep(200), unpack((function() local t = {} for i = 1, 200 do t[i] = s end return t end)()))
end)
