-- tries: a byte order mark, which is no code
-- must: load
on("call", function() end)
