-- tries: a condition that computes without end, and one that fails
-- must: be ended: instructions|too slow|without __tostring
-- on: rule
rule "fails" {
  when     = {from = "anyone", match = function() error({}) end},
  priority = 1000,
  action   = function() end,
}
rule "loop" {
  when     = {from = "anyone", match = function() while true do end end},
  priority = 1000,
  action   = function() end,
}
