-- tries: conditions of a rule in which a few tables stand for billions, which Go would make
-- must: be refused: too many instructions
local when = {video = true}
for _ = 1, 15 do when = {any = {when, when, when, when, when, when, when, when}} end
rule "many" {when = when, action = function() end}
