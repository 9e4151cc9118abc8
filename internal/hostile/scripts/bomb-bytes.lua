-- tries: long strings to and from numbers
-- must: be ended: .
on("call", function()
  local s = ("x"):rep(2 ^ 20)
  pcall(string.char, unpack({}, 1, 60000))
  pcall(function() return string.char(s:byte(1, 2 ^ 53)) end)
  s:byte(1, -1)
  error("a megabyte of values fit on the stack")
end)
