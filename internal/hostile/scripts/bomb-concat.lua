-- tries: one `..` of many long strings
-- must: be ended: longer|string
on("call", function()
  local s = ("x"):rep(2 ^ 20)
  return s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s
end)
