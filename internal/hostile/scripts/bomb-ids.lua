-- tries: ten thousand rules that share one list of callers, of which Go would keep a copy each
-- must: be refused: too many instructions
local list = {}
for i = 1, 10000 do list[i] = i end
for i = 1, 9000 do rule("rule " .. i) {when = {from = list}, action = function() end} end
