-- tries: an endless loop of jumps
-- must: be ended: instructions|too slow
on("call", function()
  ::again::
  goto again
end)
