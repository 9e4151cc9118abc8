-- tries: vectors of ten thousand elements, with holes, and with fields
-- must: load: too slow|instructions
on("call", function()
  local ids = {}
  for i = 1, 10000 do ids[i] = "self" end
  pcall(function() return users.getUsers{id = ids} end)
  local holes = {[1] = "self", [10000] = "self"}
  assert(not pcall(function() return users.getUsers{id = holes} end), "holes were taken")
  assert(not pcall(function() return users.getUsers{id = {"self", x = "self"}} end), "a field was taken")
  assert(not pcall(function() return users.getUsers{id = {[0] = "self"}} end), "index 0 was taken")
end)
