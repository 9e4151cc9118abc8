-- tries: strings that grow when their letters change, and strings beyond the limit through every function
-- must: load
on("call", function()
  local s = ("\206\144\197\191"):rep(2 ^ 18)
  for _, change in ipairs{string.upper, string.lower, string.reverse} do
    local ok, result = pcall(change, s)
    assert(not ok or #result <= 2 ^ 20, "longer than the limit")
  end
end)
