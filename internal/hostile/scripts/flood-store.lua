-- tries: to fill the disk with kept values
-- must: be ended: .
on("call", function()
  local keep = store or error("nothing is kept")
  local value = ("x"):rep(60000)
  for i = 1, 1e6 do
    local ok, err = keep.set("key" .. i, value)
    if ok == nil and err then error(err) end
  end
end)
