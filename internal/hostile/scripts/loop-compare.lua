-- tries: comparisons of long strings, each of which is one instruction
-- must: be ended: instructions|too slow
on("call", function()
  local a = ("x"):rep(2 ^ 20 - 1) .. "a"
  local b = ("x"):rep(2 ^ 20 - 1) .. "a"
  local n = 0
  while true do
    if a == b or a < b or a <= b then n = n + 1 end
  end
end)
