-- tries: long strings as keys, each of which is hashed whole by one instruction
-- must: be ended: instructions|too slow
on("call", function()
  local key, t = ("k"):rep(2 ^ 20), {}
  while true do t[key] = 1 end
end)
