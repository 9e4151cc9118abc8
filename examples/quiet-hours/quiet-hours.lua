-- Nobody but contacts rings in the quiet hours, which are longer at the weekend.
-- A night belongs to the day on which it begins: the one of friday lasts until
-- saturday morning.

local function quietly(call) call:decline("busy") end

rule "weeknights" {
  when   = { from = "stranger", days = { "sun", "mon", "tue", "wed", "thu" }, between = { "22:00", "07:00" } },
  action = quietly,
}

rule "weekend nights" {
  when   = { from = "stranger", days = { "fri", "sat" }, between = { "23:30", "10:00" } },
  action = quietly,
}
