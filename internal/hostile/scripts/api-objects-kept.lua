-- tries: to use objects of calls after they ended, from other handlers, and to keep all of them
-- must: load
-- on: call.ended
local kept = {}
on("call", function(call) kept[#kept + 1] = call end)
on("call.ended", function(call)
  for _, old in ipairs(kept) do
    if old.state == "ended" then
      local ok, err = old:decline()
      assert(not ok and err.type, "a call was declined after its end")
      assert(old.data == call.data or old.id ~= call.id, "the data of a call changed hands")
    end
  end
end)
