-- tries: a pcall in a pcall in a pcall, each with a loop of its own to go on with
-- must: be ended: stack overflow
local function nest(n)
  if n > 0 then pcall(nest, n - 1) end
  while true do pcall(nest, 0) end
end
on("call", function() nest(60) end)
