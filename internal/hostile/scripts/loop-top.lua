-- tries: an endless loop while the script loads
-- must: be refused: instructions
while true do end
