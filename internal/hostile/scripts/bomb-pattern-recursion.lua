-- tries: patterns that recur deeply, and long ones, to overflow the stack of the host
-- must: load: too slow|instructions
on("call", function()
  local long = ("a"):rep(30000)
  pcall(string.find, long, ("a?"):rep(30000) .. long)
  pcall(string.find, long, ("("):rep(30000))
  pcall(string.find, long, ("(a"):rep(30) .. (")"):rep(30))
  pcall(string.find, long, ("["):rep(60000))
  pcall(string.find, long, "[" .. ("^"):rep(60000))
  pcall(string.find, long, ("%1"):rep(30000))
  pcall(string.find, long, "(a*)" .. ("%1"):rep(100))
  pcall(string.find, long, ("x"):rep(2 ^ 20))
  pcall(string.gsub, long, "a", ("%1"):rep(30000))
  pcall(string.gsub, long, "(a)(a)(a)", ("%4"):rep(100))
  for _, bad in ipairs{"%", "[", "[%", "[a", "[]", "%b", "%bx", "%f", "(", ")", "(()", "%9", "[a-", "[%a-z", "\0(", "*"} do
    pcall(string.find, long, bad)
    pcall(string.gsub, long, bad, bad)
    pcall(string.gmatch, long, bad)
  end
end)
