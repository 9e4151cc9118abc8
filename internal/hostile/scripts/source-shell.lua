#!/usr/bin/env lua
-- tries: a first line for the shell, which other hosts take for code
-- must: load
on("call", function() end)
