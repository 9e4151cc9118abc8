local function refuses(what, wanted)
  local ok, err = pcall(what)
  assert(not ok and err == "object.lua:" .. wanted, tostring(err) .. "\nwant object.lua:" .. wanted)
end

on("test", function(lamp, other)
  assert(lamp.on == false)
  lamp:switch(true) -- seen at once, in this object alone
  assert(lamp.on == true and other.on == false)
  assert(tostring(lamp) == "lamp, on: true")
  assert(lamp.switch == other.switch, "one function for all")
  assert(getmetatable(lamp) == false and not pcall(setmetatable, lamp, {}))

  refuses(function() return lamp.swich end, '14: lamp.swich: unknown field (did you mean "switch"?)')
  refuses(function() return lamp.colour end, "15: lamp.colour: unknown field, there are on, switch")
  refuses(function() return lamp[{}] end, "16: lamp: unknown field, there are on, switch")
  refuses(function() lamp.on = true end, "17: lamp.on cannot be set")
  refuses(function() lamp.colour = 1 end, "18: lamp.colour: unknown field, and none can be set, there are on, switch")
  refuses(function() lamp.switch(true) end, "19: lamp.switch: call it with a colon, lamp:switch(…)")
  refuses(function() lamp.switch({}, true) end, "20: lamp.switch: call it with a colon, lamp:switch(…)")
  refuses(function() lamp:switch() end, "21: lamp:switch: on: missing, expected true or false")
  refuses(function() lamp:switch(1) end, "22: lamp:switch: on: expected true or false, got number 1")
  refuses(function() lamp:switch(true, 1) end, "23: lamp:switch: takes one argument, got 2")
end)
