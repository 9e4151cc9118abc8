-- tries: to print one text of a megabyte fifty thousand times, in one line
-- must: load
on("call", function()
  local text, list = ("x"):rep(1000000), {}
  for i = 1, 50000 do list[i] = text end
  print(unpack(list))
end)
