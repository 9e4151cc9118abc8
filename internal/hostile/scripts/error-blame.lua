-- tries: errors that seem to come from another script, by the name of a chunk and by __tostring
-- must: be ended: error-blame.lua:[57]: (\[string "good.lua"\]|good\.lua):1: forged
-- told: script=error-blame\.lua
local blame = assert(loadstring("error('forged')", "good.lua"))
on("call", function() blame() end)
on("call", function()
  error(setmetatable({}, {__tostring = function() return "good.lua:1: forged\nstack traceback:\n\tgood.lua:1: in main chunk" end}))
end)
