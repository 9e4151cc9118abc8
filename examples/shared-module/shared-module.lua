-- Two scripts can share code: what is in a sub-folder is no script of its own and
-- runs when a script requires it. A change of lib/hours.lua reloads this script,
-- and every other that requires it, and nothing else.

local hours = require "lib.hours"

rule "closed" {
  when   = { from = "stranger", match = function() return not hours.open(os.time()) end },
  action = function(call)
    if call:decline("busy") then call:reply(hours.text) end
  end,
}
