-- What the scripts beside this one assert with.

function eq(got, want)
  if got ~= want then
    error("got " .. tostring(got) .. ", want " .. tostring(want), 2)
  end
end

-- raises fails unless fn raises a string that names the line, unless that is nil,
-- and has every one of the parts in it.
function raises(line, fn, ...)
  local ok, err = pcall(fn)
  if ok then error("nothing was raised", 2) end
  if type(err) ~= "string" then error("raised " .. tostring(err), 2) end
  for _, part in ipairs{line and ".lua:" .. line .. ": " or "", ...} do
    if not err:find(part, 1, true) then
      error("raised " .. err .. ", which lacks " .. part, 2)
    end
  end
end

function keys(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end
