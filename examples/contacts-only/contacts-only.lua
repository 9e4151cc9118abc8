-- Only people whom you have saved ring. The rule names no `from`, and such a rule
-- leaves contacts alone.

rule "contacts only" {
  when   = {},
  action = function(call) call:decline("busy") end,
}
