-- An alert elsewhere makes a phone ring. In luahost.toml:
--
--   [http]
--   listen = "127.0.0.1:8087"
--   token  = "a long random word"     # or in LUAHOST_HTTP_TOKEN
--
-- and whatever watches your servers sends
--
--   curl -H "Authorization: Bearer a long random word" \
--        -d '{"title": "disk full on web-3"}' http://127.0.0.1:8087/hooks/alert

local ON_CALL = "@ann" -- who is woken; has to allow calls from this account

-- A call needs a commitment to a key. This one is never used: what is said is in
-- the message, and whoever picks up is hung up on.
local function commitment()
  local bytes = {}
  for i = 1, 32 do bytes[i] = string.char(math.random(0, 255)) end
  return table.concat(bytes)
end

on("http.alert", function(hook)
  local alert = hook:json()
  local title = type(alert) == "table" and tostring(alert.title) or "no title"
  local told = "told " .. title:sub(1, 200) -- a key has 256 bytes at most
  local times = store.incr(told, 1, { expires = "1h" }) -- the same alert may come twice at once
  if times and times > 1 then return end -- rung within the hour

  messages.sendMessage { peer = ON_CALL, message = "Alert: " .. title }
  local ring, err = phone.requestCall {
    user_id  = ON_CALL,
    g_a_hash = commitment(),
    protocol = { udp_p2p = true, udp_reflector = true, min_layer = 92, max_layer = 92, library_versions = { "8.0.0" } },
  }
  if not ring then
    store.delete(told) -- the next alert tries again
    log.warn("nobody was rung", { title = title, err = tostring(err) })
    return
  end
  sleep("25s")
  phone.discardCall { peer = ring.phone_call, duration = 0, reason = "missed", connection_id = "0" }
end)

on("call.accepted", function(call)
  if not call.incoming then call:hangup() end -- awake is all that is wanted
end)
