-- tries: to keep a megabyte with each call, for as long as the call goes on
-- must: load
on("call", function(call)
  call.data.kept = {}
  for i = 1, 5 do call.data.kept[i] = ("x"):rep(2 ^ 20 - i) end
end)
