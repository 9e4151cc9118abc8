-- tries: the fields of a request to the web, among which one long list stands a thousand times
-- must: load
on("call", function()
  local list, fields = {}, {}
  for i = 1, 20000 do list[i] = "x" end
  for i = 1, 2000 do fields["k" .. i] = list end
  if not http then return end
  for _, options in ipairs{{query = fields}, {form = fields}} do
    options.url = "https://example.com/"
    local ok, err = pcall(http.request, options)
    assert(not ok and tostring(err):find("the fields take more than", 1, true), tostring(err))
  end
end)
