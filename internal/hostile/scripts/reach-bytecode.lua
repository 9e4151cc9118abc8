-- tries: to load code that was compiled elsewhere
-- must: load
on("call", function()
  for _, code in ipairs{"\27Lua", "\27LuaQ\0\1\4\4\4\8\0", "\27LuaR\0" .. ("\255"):rep(1000), ("\27"):rep(1000)} do
    assert(not loadstring(code), "code that is no text was taken")
    local once = true
    assert(not load(function() if once then once = false return code end end), "code that is no text was taken")
  end
end)
