-- tries: hosts that it may not ask, written in ways that look like others, and requests within requests
-- must: load
on("call", function()
  for _, url in ipairs{
    "http://127.0.0.1:22/", "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://localhost./",
    "http://api.example.com@127.0.0.1/", "http://127.0.0.1#@api.example.com/", "http://127.0.0.1\\@api.example.com/", "http://169.254.169.254/",
    "file:///etc/passwd", "gopher://127.0.0.1/", "unix:///run/x.sock", "//127.0.0.1/", "http:///", "http://\0/", "http://a/\r\nHost: b", "",
  } do
    local raised, answer, err = pcall(http.get, url)
    assert(not raised or answer == nil and err.type == "HOST_NOT_ALLOWED", "it was asked: " .. url)
  end
  for _, request in ipairs{
    {method = "CONNECT"}, {method = "GET / HTTP/1.1\r\nX:"}, {headers = {["X\r\nY"] = "a"}}, {headers = {X = "a\r\nY: b"}}, {headers = {Host = "b"}},
  } do
    request.url = "http://a.example/"
    local raised, answer = pcall(http.request, request)
    assert(not raised or answer == nil, "a request was sent")
  end
end)
