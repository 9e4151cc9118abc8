-- tries: a string that doubles with each `..`
-- must: be ended: longer|string
on("call", function()
  local s = "x"
  for _ = 1, 60 do s = s .. s end
end)
