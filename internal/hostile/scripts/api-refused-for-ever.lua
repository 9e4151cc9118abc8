-- tries: requests without end, each of which is answered at once and takes hardly an instruction
-- must: be ended: .
on("call", function()
  while true do
    users.getUsers{id = {"self"}}
    for _ = 1, 100 do end
  end
end)
