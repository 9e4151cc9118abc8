on("sleep", function()
  local began = os.time()
  assert(select("#", sleep(0)) == 0, "sleep returns nothing")
  sleep(0.25)
  sleep("20s")
  assert(os.time() - began == 20, os.time() - began)
  sleep("1h30m")
  assert(os.time() - began == 5420, os.time() - began)
end)

local naps = 0
on("nap", function()
  naps = naps + 1
  sleep(1)
  assert(naps == 100, "all fell asleep before the first woke")
end)

on("mistakes", function()
  for _, bad in ipairs({-1, "soon", "20", "", 0 / 0, math.huge, false, {}, sleep}) do
    local ok, err = pcall(sleep, bad)
    assert(not ok and err:find('give seconds, or text such as "1h30m"', 1, true), err)
    assert(err:find("^sleep.lua:%d+: sleep: "), err)
  end
  assert(not pcall(sleep))
end)
