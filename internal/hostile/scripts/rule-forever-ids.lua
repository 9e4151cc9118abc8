-- tries: a condition with a hundred thousand people, and a window of a thousand years
-- must: be refused: .
local people = {}
for i = 1, 100000 do people[i] = i end
rule "everybody" {when = {from = people}, action = function() end}
rule "often" {when = {from = "anyone", repeated = {times = 1e15, within = "365000d"}}, action = function() end}
