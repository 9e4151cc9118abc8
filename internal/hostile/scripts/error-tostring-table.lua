-- tries: an error whose __tostring gives a table, and one that is no function
-- must: be ended: error-tostring-table.lua
on("call", function()
  pcall(function() tostring(setmetatable({}, {__tostring = 5})) end)
  error(setmetatable({}, {__tostring = function() return {} end}))
end)
