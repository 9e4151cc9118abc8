-- tries: the same as share-look, to see its marks
-- must: load
on("call", function(call)
  assert(rawget(_G, "marker_of_overwrite") == nil, "another script's global is seen")
  assert(call.data.left_by_others == nil, "another script's data of the call is seen")
  assert(rawget(call.from, "left_by_others") == nil, "another script's mark is in a user")
  call.data.left_by_others = true
  string.left_by_others, math.left_by_others, phone.left_by_others = true, true, true
end)
