-- tries: two functions that call each other for ever, and while the script loads
-- must: be refused: stack overflow
local f, g
function f(n) return 1 + g(n) end
function g(n) return 1 + f(n) end
f(1)
