-- tries: metamethods that need themselves, each of which recurs in the host
-- must: load: stack overflow
on("call", function()
  local mt = {}
  local function new() return setmetatable({}, mt) end
  mt.__concat = function(a, b) return new() .. b end
  mt.__eq = function(a, b) return new() == new() end
  mt.__lt = function(a, b) return new() < new() end
  mt.__add = function(a, b) return new() + b end
  mt.__unm = function(a) return -new() end
  mt.__len = function(a) return #new() end
  mt.__call = function(a) return 1 + new()() end
  mt.__newindex = function(t, k, v) new()[k] = v return 1 end
  for _, try in ipairs{
    function() return new() .. "x" end, function() return new() == new() end, function() return new() < new() end,
    function() return new() + 1 end, function() return -new() end, function() return #new() == 0 end,
    function() return new()() end, function() new().x = 1 end,
  } do
    pcall(try)
  end
end)
