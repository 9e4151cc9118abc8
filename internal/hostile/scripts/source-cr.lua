-- tries: lines that end with a carriage return alone, so that an editor shows other lines
-- must: load
on("call",function()
end)