-- tries: to register handlers and rules from handlers
-- must: load
on("call", function()
  assert(not pcall(on, "call", function() end), "a handler was registered late")
  assert(not pcall(rule, "late"), "a rule was registered late")
end)
