-- Who gets through on this phone. Save the file, and the next call follows it.
--
--   contacts                        ring, at any hour
--   whoever rings three times       in fifteen minutes rings, stranger or not
--   strangers at night              hear the busy tone and get a text
--   strangers with video            are hung up on, without a text
--   other strangers                 ring: no rule below decides about them

local TEXT = "I'm asleep. If it is urgent, ring three times and I will hear it."

rule "contacts ring" {
  when   = { from = "contact" },
  action = function(call) call:ignore() end, -- let it ring, and ask no other rule
}

rule "persistent callers ring" {
  when   = { from = "stranger", repeated = { times = 3, within = "15m" } },
  action = function(call)
    log.info("rings again and again, so it rings", { caller = call.from.first_name })
    call:ignore()
  end,
}

rule "video from strangers" {
  when   = { from = "stranger", video = true },
  action = function(call) call:decline("hangup") end,
}

rule "strangers at night" {
  when   = { from = "stranger", between = { "22:00", "07:00" } },
  action = function(call)
    if call:decline("busy") then call:reply(TEXT) end
  end,
}
