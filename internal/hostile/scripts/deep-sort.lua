-- tries: a comparison that sorts, which recurs in the host
-- must: be ended: overflow|nested|deep
local function less() table.sort({2, 1}, less) return false end
on("call", function() table.sort({2, 1}, less) end)
