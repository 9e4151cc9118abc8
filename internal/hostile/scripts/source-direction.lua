-- tries: text whose direction is turned, so that an editor shows other code
-- must: load
on("call", function()
  local a = "x" --[[ ‮ ]] .. "y"
  assert(a == "xy")
end)
