-- tries: to read and write files by all that Lua has for it
-- must: load
assert(io == nil and dofile == nil and loadfile == nil, "there are files")
for _, name in ipairs{"remove", "rename", "tmpname", "execute", "exit", "getenv", "setlocale", "setenv"} do
  assert(os[name] == nil, "there is os." .. name)
end
assert(not pcall(function() return io.open("/etc/passwd") end))
on("call", function() assert(io == nil and rawget(_G, "io") == nil, "there are files later") end)
