-- tries: a thousand tables, each filled up to the last index of an array by one instruction
-- must: be ended: memory|instructions|too slow
on("call", function()
  local kept = {}
  while true do
    local t = {}
    t[2 ^ 17 - 1] = 1
    kept[#kept + 1] = t
  end
end)
