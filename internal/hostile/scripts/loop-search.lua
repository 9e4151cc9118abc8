-- tries: searches of a megabyte, each of which is one instruction
-- must: be ended: instructions|too slow
on("call", function()
  local text = ("a"):rep(2 ^ 20)
  while true do
    text:find("b", 1, true)
    text:upper()
    text:reverse()
    text:byte(2 ^ 20)
  end
end)
