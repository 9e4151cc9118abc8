-- tries: a world of its own in which the handlers of others might end up
-- must: load
_G._G, _G._VERSION = nil, nil
for k in pairs(_G) do
  if k ~= "on" and k ~= "assert" then _G[k] = nil end
end
on("call", function() assert(print == nil and pairs == nil) end)
