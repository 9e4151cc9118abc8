-- tries: JSON that is deep, that stands for more than it is, or that is no JSON, both ways
-- must: be ended: too much memory|instructions|too slow
on("call", function()
  for _, text in ipairs{("["):rep(5e5), ('{"a":'):rep(1e5), "[" .. ("0,"):rep(4e5) .. "0]", "1e999", '"\\ud800"', "\255", "[" .. ("9"):rep(5e5) .. "]"} do
    pcall(json.decode, text)
  end
  local twice, deep, round = {}, {}, {}
  for _ = 1, 60 do twice = {twice, twice} end
  for _ = 1, 1e4 do deep = {deep} end
  round[1] = {round}
  for _, v in ipairs{twice, deep, round, {[2 ^ 53] = 1}, {0 / 0}, {math.huge}, {print}} do
    assert(not pcall(json.encode, v), "what is no JSON was encoded")
  end
  local kept = {}
  while true do kept[#kept + 1] = json.decode("[" .. ("{},"):rep(1000) .. "{}]") end
end)
