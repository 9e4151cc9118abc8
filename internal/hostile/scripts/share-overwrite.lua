-- tries: to replace what all scripts use, and to have others call it
-- must: load
-- on: updatePhoneCall
local stolen = {}
local function steal(...) stolen[#stolen + 1] = {...} end
function phone.discardCall(...) steal(...) error("stolen") end
messages.sendMessage = steal
pcall(setmetatable, _G, {__index = function() return steal end, __newindex = function() end})
for _, library in ipairs{string, table, math, coroutine, os, log, calls} do
  for name in pairs(library) do library[name] = steal end
end
on("updatePhoneCall", function() end)
marker_of_overwrite = true
rawset(_G, "marker_of_overwrite", true)
for _, name in ipairs{"print", "pcall", "tostring", "error", "assert", "pairs", "next", "type", "rule", "on", "find", "as", "sleep", "require"} do
  rawset(_G, name, steal)
end
