-- The methods as a script finds them.

eq(type(phone.discardCall), "function")
eq(tostring(phone.discardCall), "Updates = phone.discardCall({peer=InputPhoneCall, duration=int, reason=PhoneCallDiscardReason, connection_id=long, }) -- optional: video=true")
eq(tostring(phone.getCallConfig), "DataJSON = phone.getCallConfig({})")
eq(tostring(users.getUsers), "{User} = users.getUsers({id={InputUser}, })")
assert(tostring(print):find("^function: "))
assert(tostring(function() end):find("^function: "))

local found = {}
for name, fn in pairs(phone) do found[name] = fn end
eq(found.discardCall, phone.discardCall)
eq(keys(found), 43)

-- A global table, the same each time, of which a script may keep its own.
eq(phone, phone); eq(rawget(_G, "phone"), phone)
local mine = phone
phone = nil
eq(type(phone.discardCall), "function")
phone = mine

-- Misspelt methods; other globals are as ever.
raises(line(), function() return phone.discardCal end, "phone.discardCal is not a method", 'did you mean "phone.discardCall"?')
raises(line(), function() phone.discardcall{} end, 'did you mean "phone.discardCall"?')
raises(line(), function() return phone.zzzzzzzzzzzz end, "phone.zzzzzzzzzzzz is not a method")
raises(line(), function() return phone[5] end, "phone", "number 5")
eq(nothing_of_that_name, nil); eq(_G[5], nil)

-- Locked.
for _, v in ipairs{_G, phone, print} do eq(getmetatable(v), false) end
eq(pcall(setmetatable, _G, {}), false)
eq(pcall(setmetatable, phone, {}), false)

-- Methods work wherever functions do.
answer("Bool", true)
eq(select(2, pcall(phone.receivedCall, {peer=7})), true)
eq(coroutine.wrap(phone.receivedCall)({peer=7}), true)
local co = coroutine.create(phone.receivedCall)
local fine, first = coroutine.resume(co, {peer=7})
eq(fine, true); eq(first, true); eq(coroutine.status(co), "dead"); eq(coroutine.resume(co), false)
eq(coroutine.running(), nil)
eq(pcall(coroutine.wrap(phone.receivedCall), {}), false)
eq(coroutine.wrap(function() return phone.receivedCall{peer=7} end)(), true)
local again = 0
for v in function() again = again + 1; if again < 3 then return phone.receivedCall{peer=7} end end do eq(v, true) end
local proxy = setmetatable({}, {__index=function(_, id) return phone.receivedCall{peer=id} end})
eq(proxy[7], true)
local order = {3, 1, 2}
table.sort(order, function(a, b) phone.receivedCall{peer=7}; return a < b end)
eq(table.concat(order), "123")
eq(select(2, sent()) >= 8, true)
