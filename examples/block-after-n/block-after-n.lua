-- A stranger who rings for the fifth time in a day is blocked. Until then each
-- call is declined.

local TIMES = 5

rule "enough" {
  priority = 10,
  when     = { from = "stranger", repeated = { times = TIMES, within = "1d" } },
  action   = function(call)
    call:decline("busy")
    local ok, err = call:block()
    log.info("blocked", { caller = call.from.id, ok = ok == true, err = err and tostring(err) })
  end,
}

rule "strangers" {
  when   = { from = "stranger" },
  action = function(call) call:decline("busy") end,
}
