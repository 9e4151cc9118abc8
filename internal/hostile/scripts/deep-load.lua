-- tries: load within load, and source that loads itself
-- must: be ended: overflow|nested|deep|instructions|too slow
on("call", function()
  function again() return load(again) end
  pcall(again)
  local source = "loadstring(source)()"
  _G.source = source
  local function f() return 1 + loadstring("return f()")() end
  _G.f = f
  f()
end)
