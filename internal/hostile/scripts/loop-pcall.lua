-- tries: pcall around an endless loop, again and again, so that the end is caught
-- must: be ended: instructions|too slow
on("call", function()
  while true do
    pcall(function() while true do end end)
  end
end)
