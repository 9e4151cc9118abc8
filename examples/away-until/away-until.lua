-- Until a day that you set, every caller is told once a day when you are back.
-- `match` is a condition of your own: what it returns decides.

local BACK = os.time { year = 2027, month = 1, day = 7, hour = 9 }

local function away() return os.time() < BACK end

rule "away" {
  when   = { from = "anyone", match = away },
  action = function(call)
    if not call:decline("busy") then return end
    local today = calls.log { from = call.from.id, since = "1d" }
    if #today == 1 then -- this call alone
      call:reply("I'm away until " .. os.date("%d %B", BACK) .. ". I'll call you back.")
    end
  end,
}
