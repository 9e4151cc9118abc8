-- tries: a hundred thousand handlers of one event
-- must: be refused: handlers
for _ = 1, 100000 do
  on("updatePhoneCall", function() end)
end
