-- tries: an endless loop in the handler of an error
-- must: be ended: instructions|too slow
on("call", function()
  xpcall(error, function() while true do end end)
  while true do xpcall(error, function() while true do end end) end
end)
