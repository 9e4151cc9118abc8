-- tries: priorities and names that spoil the order of all rules
-- must: be refused: priority|number|NaN
rule("huge") {priority = math.huge, when = {from = "anyone", video = true}, action = function() end}
rule("tiny") {priority = -math.huge, when = {from = "anyone", video = true}, action = function() end}
rule("nan") {priority = 0 / 0, when = {from = "anyone"}, action = function() end}
