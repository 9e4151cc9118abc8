-- Two accounts on one luahost: after hours the shop's phone says so, and the owner
-- is told on the private one. A request goes out as the account that is called,
-- unless `as` names another.

local SHOP, PRIVATE = "work", "main" -- as the configuration names them

rule "the shop is closed" {
  when   = { account = SHOP, from = "anyone", between = { "18:00", "09:00" } },
  action = function(call)
    if not call:decline("busy") then return end
    call:reply("The shop opens at nine.")
    as(PRIVATE).messages.sendMessage { peer = "self", message = call.from.first_name .. " rang the shop" }
  end,
}
