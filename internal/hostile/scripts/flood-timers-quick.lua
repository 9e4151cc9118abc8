-- tries: timers that are due at once, each of which sets more of them
-- must: load
local set = 0
on("call", function()
  local function again()
    set = set + 2
    if after and set < 4000 then
      pcall(after, 0, again)
      pcall(after, 0, again)
    end
  end
  again()
  if every then
    assert(not pcall(every, 0, again), "a period of no time was taken")
    assert(not pcall(every, -1, again), "a negative period was taken")
  end
end)
