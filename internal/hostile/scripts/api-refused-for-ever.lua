-- tries: requests without end, each of which is answered at once and hardly takes an instruction
-- must: be ended: .
on("call", function()
  while true do users.getUsers{id = {"self"}} end
end)
