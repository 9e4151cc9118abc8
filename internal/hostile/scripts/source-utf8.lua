-- tries: bytes that are no UTF-8, in comments, texts and names
-- must: load
-- ÿþÀ€
local t = "ÿþÀ¯í €"
on("call", function() print(t) log.info(t, {[t] = t}) error = t end)
