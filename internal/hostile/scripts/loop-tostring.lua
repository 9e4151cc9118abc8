-- tries: an endless loop in __tostring, called by tostring, print, log and string.format
-- must: be ended: instructions|too slow
local t = setmetatable({}, {__tostring = function() while true do end end})
on("call", function()
  pcall(print, t)
  pcall(log.info, t, {t = t})
  pcall(string.format, "%s", t)
  tostring(t)
end)
