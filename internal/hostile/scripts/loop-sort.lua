-- tries: an endless loop in the function that table.sort compares with
-- must: be ended: instructions|too slow
on("call", function()
  while true do
    pcall(table.sort, {3, 2, 1}, function() while true do end end)
  end
end)
