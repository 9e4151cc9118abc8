-- A stranger may ring twice a day. `store.incr` counts on the disk, and the count
-- is forgotten a day after the first ring.

local ALLOWED = 2

rule "twice a day" {
  when   = { from = "stranger" },
  action = function(call)
    local rings = assert(store.incr("rings " .. call.from.id, 1, { expires = "1d" }))
    if rings > ALLOWED then
      log.info("rings too often", { caller = call.from.id, rings = rings })
      call:decline("busy")
    else
      call:ignore()
    end
  end,
}
