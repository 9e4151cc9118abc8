-- tries: a rule that is asked first and never comes to an end
-- must: wait
-- on: rule
rule "hold" {
  when     = {from = "anyone"},
  priority = 1000,
  action   = function() while true do sleep("100d") end end,
}
