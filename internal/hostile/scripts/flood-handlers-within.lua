-- tries: as many handlers as a script may have, each of which sleeps for ever
-- must: wait
for _ = 1, 9000 do
  on("call", function() sleep("100d") end)
end
