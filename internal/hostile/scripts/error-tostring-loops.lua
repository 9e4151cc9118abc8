-- tries: an error whose __tostring never ends
-- must: be ended: __tostring
on("call", function()
  error(setmetatable({}, {__tostring = function() while true do pcall(function() while true do end end) end end}))
end)
