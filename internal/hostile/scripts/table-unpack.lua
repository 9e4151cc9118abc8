-- tries: unpack of ranges that no stack holds
-- must: be ended: unpack|overflow|results
on("call", function()
  for _, range in ipairs{{1, 2 ^ 20}, {1, 2 ^ 31}, {-2 ^ 31, 2 ^ 31}, {1, 2 ^ 53}, {-2 ^ 53, 0}, {2 ^ 53 - 1, 2 ^ 53}, {0 / 0, 1}} do
    pcall(function() return unpack({}, range[1], range[2]) end)
    pcall(function() return {unpack({}, range[1], range[2])} end)
  end
  local function pass(n, ...) if n > 0 then return pass(n - 1, 1, ...) end return ... end
  pcall(pass, 10000)
  return unpack({}, 1, 1e8)
end)
