-- tries: a world of its own in which the handlers of others might end up
-- must: load
local world = _G
for k in pairs(world) do
  if k ~= "on" and k ~= "assert" then world[k] = nil end
end
on("call", function() assert(print == nil and pairs == nil) end)
