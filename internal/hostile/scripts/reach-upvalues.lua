-- tries: to get values of the host out of functions, objects and the globals
-- must: load
on("call", function(call)
  local seen, queue = {}, {_G, call, call.from, call.data, phone, as("Ada")}
  while #queue > 0 do
    local v = table.remove(queue)
    assert(type(v) ~= "userdata" or v == call or json and v == json.null, "a value of the host lies about: " .. tostring(v))
    if type(v) == "table" and not seen[v] then
      seen[v] = true
      for k, inner in pairs(v) do
        queue[#queue + 1] = k
        queue[#queue + 1] = inner
      end
    end
    assert(not tostring(v):find("0x", 1, true) or type(v) ~= "string", "an address is shown")
  end
end)
