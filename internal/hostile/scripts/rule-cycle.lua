-- tries: conditions that contain themselves
-- must: be refused: itself|deep
local when = {from = "anyone"}
when.any = {when, {all = {when}}}
rule "cycle" {when = when, action = function() end}
