-- Arguments that mean harm end in an error at the script's line.

answer("Bool", true)

-- Cycles and depth.
local json = {_="jsonArray", value={}}; json.value[1] = json
raises(line(), function() help.saveAppLog{events={{time=0, type="", peer=0, data=json}}} end, "help.saveAppLog", "64 deep")
local deep = {_="jsonNull"}
for i = 1, 5000 do deep = {_="jsonArray", value={deep}} end
raises(line(), function() help.saveAppLog{events={{time=0, type="", peer=0, data=deep}}} end, "64 deep")

-- A small table that stands for an enormous one.
local wide = {_="jsonNull"}
for i = 1, 20 do
  local v = {}
  for j = 1, 100 do v[j] = wide end
  wide = {_="jsonArray", value=v}
end
raises(line(), function() help.saveAppLog{events={{time=0, type="", peer=0, data=wide}}} end, "more than 262144 values")
local ints = {}
for i = 1, 300000 do ints[i] = 1 end
raises(line(), function() messages.receivedMessages{max_id=ints} end, "expected int")
raises(line(), function() messages.getMessages{id=ints} end, "more than 262144 values")
local part = ("x"):rep(1024 * 1024)
local parts = {}
for i = 1, 100 do parts[i] = part end
raises(line(), function() help.getAppUpdate{source=part:rep(16)} end, '"source"', "bytes")
raises(line(), function() langpack.getStrings{lang_pack="", lang_code="", keys=parts} end, '"keys[2]"', "bytes")

-- Tables that pretend: only what is really in them counts, and none of their code runs.
local ran = 0
local pretend = setmetatable({}, {__index=function() ran = ran + 1; return "7" end, __len=function() return 5 end, __call=error})
raises(line(), function() phone.receivedCall(pretend) end, '"peer"', "missing")
raises(line(), function() phone.receivedCall{peer=pretend} end, '"peer.id"', "missing")
eq(ran, 0)

-- Names and values of any size stay out of the message.
local long = ("n"):rep(1e6)
local ok, err = pcall(phone.receivedCall, {[long]=1})
eq(ok, false); assert(#err < 300)
ok, err = pcall(phone.discardCall, {peer=7, duration=0, reason=long, connection_id="0"})
eq(ok, false); assert(#err < 300)
ok, err = pcall(phone.discardCall, {peer=7, duration=0, reason={_=long}, connection_id="0"})
eq(ok, false); assert(#err < 500)
ok, err = pcall(function() return phone[long] end)
eq(ok, false); assert(#err < 300)
for _, v in ipairs{print, coroutine.create(print), {}, "", 0/0, 1/0, true} do
  for _, name in ipairs{"peer", "duration", "reason", "connection_id", "_", "video"} do
    eq(pcall(phone.discardCall, {[name]=v}), false)
  end
  eq(pcall(phone.discardCall, {[v == v and v or 1]=v}), false)
end

-- Metamethods of the host, called by hand.
local user = setmetatable({}, {__tostring=error})
eq(pcall(tostring, user), false)
