-- tries: an error of a megabyte, with line breaks and terminal codes, to fill the log
-- must: be ended: bytes more
on("call", function() error(("\27[31mFAKE\nlevel=ERROR\r "):rep(40000)) end)
