-- tries: an endless loop in the function that gsub replaces with
-- must: be ended: instructions
on("call", function()
  ("x"):gsub(".", function() while true do end end)
end)
