-- Another script has a view and data of its own.
on("call", function(call)
  assert(next(call.data) == nil)
  call.data.note = "other"
  call.from.first_name = "changed"
end)

on("call.ended", function(call)
  assert(call.data.note == "other")
end)
