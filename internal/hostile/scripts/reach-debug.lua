-- tries: the library of debuggers, and the library of packages
-- must: load
assert(debug == nil and package == nil and module == nil, "there is debug, package or module")
assert(_printregs == nil and newproxy == nil and collectgarbage == nil, "there are inner functions")
assert(getfenv == nil and setfenv == nil, "environments can be reached")
assert(string.dump == nil and channel == nil, "there are inner libraries")
for name in pairs(_G) do
  assert(type(name) == "string", "an odd global")
end
on("call", function() end)
