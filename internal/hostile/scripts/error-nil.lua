-- tries: errors that are no text: nil, a function, a coroutine, the call
-- must: be ended: nil
on("call", function(call)
  for _, v in ipairs{function() end, coroutine.create(function() end), call, 0 / 0, true} do
    pcall(error, v)
  end
  error(nil)
end)
