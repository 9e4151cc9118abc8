-- A stranger is declined, but not one who rings a third time within a quarter of
-- an hour: that may be important. Every ring counts, whatever became of it.

rule "persistent" {
  priority = 10, -- asked before the rule below
  when     = { from = "stranger", repeated = { times = 3, within = "15m" } },
  action   = function(call) call:ignore() end,
}

rule "strangers" {
  when   = { from = "stranger" },
  action = function(call) call:decline("busy") end,
}
