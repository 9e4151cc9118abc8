-- tries: %b and %f at each place of a long text without an end
-- must: be ended: pattern|instructions|too slow
on("call", function()
  local text = ("("):rep(2 ^ 18)
  while true do
    pcall(string.find, text, "%b()")
    pcall(string.find, text, "%f[%w]%b()x")
  end
end)
