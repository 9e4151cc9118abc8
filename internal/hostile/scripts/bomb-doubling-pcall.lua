-- tries: to catch the end of doubling strings, and to keep all that came before
-- must: be ended: longer|string|memory|instructions|too slow
on("call", function()
  local kept = {}
  while true do
    pcall(function()
      local s = "x"
      for _ = 1, 60 do s = s .. s kept[#kept + 1] = s end
    end)
  end
end)
