-- tries: a rule that is asked first and computes without end
-- must: be ended: instructions|too slow
-- on: rule
rule "loop" {
  when     = {from = "anyone"},
  priority = 1000,
  action   = function() while true do pcall(function() while true do end end) end end,
}
