-- At work, callers hear the busy tone and get a text, contacts too.

local TEXT = "I'm at work and will call you back after six."

rule "at work" {
  when = {
    from    = "anyone",
    days    = { "mon", "tue", "wed", "thu", "fri" },
    between = { "09:00", "18:00" },
  },
  action = function(call)
    local ok, err = call:decline("busy")
    if not ok then return log.warn("not declined", { err = tostring(err) }) end
    call:reply(TEXT)
  end,
}
