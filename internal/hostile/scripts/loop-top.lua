-- tries: an endless loop while the script loads
-- must: be refused: instructions|too slow
while true do end
