-- tries: a replacement that replaces, which recurs in the host
-- must: be ended: overflow|nested|deep
local function again(s) return (s:gsub(".", again)) end
on("call", function() ("x"):gsub(".", again) end)
