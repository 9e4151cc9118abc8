-- tries: the fields of a request to the web, each of which is a list that was emptied, and has to be looked through
-- must: load: too slow
on("call", function()
  local emptied, fields = {}, {}
  for i = 1, 60000 do emptied[i] = 1 end
  for i = 60000, 2, -1 do emptied[i] = nil end
  for i = 1, 60000 do fields["k" .. i] = emptied end
  if not http then return end
  local answer, err = http.request{url = "https://example.com/", form = fields}
  assert(not answer and err.type == "HOST_NOT_ALLOWED", tostring(err))
end)
