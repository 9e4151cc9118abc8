-- tries: an endless loop in the function that gsub replaces with
-- must: be ended: instructions|too slow
on("call", function()
  ("x"):gsub(".", function() while true do end end)
end)
