-- tries: to get at the metatables that others use: of strings, functions, calls, updates, errors and namespaces
-- must: load
local function locked(v, what)
  local mt = getmetatable(v)
  assert(type(mt) ~= "table", "the metatable of " .. what .. " can be reached")
  if type(v) == "table" then
    assert(mt == nil or not pcall(setmetatable, v, {}), "the metatable of " .. what .. " can be replaced")
  else
    assert(not pcall(setmetatable, v, {}), "a metatable for " .. what .. " can be set")
  end
end
on("updatePhoneCall", function(update)
  locked(update, "an update")
  locked(update.phone_call, "a call of the API")
end)
on("call", function(call)
  locked("", "strings")
  locked(print, "functions")
  locked(1, "numbers")
  locked(true, "booleans")
  locked(coroutine.create(function() end), "coroutines")
  locked(call, "the call")
  locked(call.from, "a user")
  locked(phone, "phone")
  locked(log, "log")
  locked(as("Ada"), "as")
  local _, err = phone.discardCall{peer = {id = "1", access_hash = "1"}, duration = 0, reason = "busy", connection_id = "0"}
  locked(err, "an error")
  assert(not pcall(rawset, call, "id", "1"), "a call can be written to")
  assert(not pcall(function() call.id = "1" end), "a call can be written to")
  assert(not pcall(rawget, call, 1), "a call can be read raw")
  assert(not pcall(next, call), "a call can be walked")
  assert(getmetatable(_G) == nil or type(getmetatable(_G)) ~= "table", "the metatable of the globals can be reached")
  assert(not pcall(string.rep, call, 1), "a call passed for text")
end)
