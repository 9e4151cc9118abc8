-- tries: a hundred thousand rules
-- must: be refused: handlers|instructions|too slow
for n = 1, 100000 do
  rule("rule " .. n) {when = {from = "anyone", video = true}, action = function() end}
end
