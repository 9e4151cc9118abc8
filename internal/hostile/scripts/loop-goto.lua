-- tries: an endless loop of jumps
-- must: be ended: instructions
on("call", function()
  ::again::
  goto again
end)
