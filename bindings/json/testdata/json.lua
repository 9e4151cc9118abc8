-- What scripts rely on. Each handler is a test.

local function same(value, text)
  local got = json.encode(value)
  assert(got == text, "encoded " .. got .. ", want " .. text)
end

local function refused(want, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "was not refused: " .. want)
  err = tostring(err)
  assert(err:find(want, 1, true), err .. "\nwant " .. want)
end

on("encode", function()
  same("a", '"a"')
  same(true, "true")
  same(json.null, "null")
  same({1, 2, {3}}, "[1,2,[3]]")
  same({b = 1, a = {x = "y"}, ["a b"] = false}, '{"a":{"x":"y"},"a b":false,"b":1}')
  same({}, "{}")
  same(json.array{}, "[]")
  same(json.array(), "[]")
  same({list = json.array{}}, '{"list":[]}')
  same("tab\t, line\n, \r, quote\", back\\, \1, slash/, ä, \240\159\152\128", [["tab\t, line\n, \r, quote\", back\\, \u0001, slash/, ä, 😀"]])
  local filled = json.array{}
  table.insert(filled, "x")
  same(filled, '["x"]')
end)

on("numbers", function()
  same({0, -1, 1.5, 9007199254740991, -9007199254740991}, "[0,-1,1.5,9007199254740991,-9007199254740991]")
  same(9007199254740992, "9.007199254740992e+15")
  same(588516572874907240, "5.885165728749073e+17")
  same(1e300, "1e+300")
  same(0.000001, "0.000001")
  same(1e-7, "1e-07")
  same(0.1, "0.1")
  same("588516572874907240", '"588516572874907240"')
  same({id = json.number("588516572874907240"), price = json.number("0.10")}, '{"id":588516572874907240,"price":0.10}')
  assert(tostring(json.number("12")) == "12")
  refused("json.number: digits: expected a number in a string", json.number, "12x")
  refused("json.number: digits: expected a number in a string", json.number, "012")
  refused("json.number: digits: expected a number in a string", json.number, 12)

  local t = assert(json.decode("[9007199254740991, 9007199254740992, -9007199254740993, 588516572874907240, 1e3, 1.0, -0, 9007199254740993.0, 123456789012345678901234567890]"))
  assert(t[1] == 9007199254740991 and t[2] == "9007199254740992" and t[3] == "-9007199254740993" and t[4] == "588516572874907240")
  assert(t[5] == 1000 and t[6] == 1 and 1 / t[7] == -1 / 0 and t[8] == 9007199254740992 and t[9] == "123456789012345678901234567890")
end)

on("decode", function()
  local t = assert(json.decode(' {"a": [1, null, "x"], "b": {}, "e": [], "s": "\\u00e4\\ud83d\\ude00\\/\\n", "t": true, "a b": false, "t": null} \n'))
  assert(#t.a == 3 and t.a[2] == json.null and t.a[3] == "x")
  assert(next(t.b) == nil and next(t.e) == nil and t.s == "ä😀/\n" and t["a b"] == false)
  assert(t.t == json.null, "the last of two counts")
  assert(json.decode("null") == json.null and json.decode('"x"') == "x" and json.decode("5") == 5)
  assert(tostring(json.null) == "null")
  same(t, [[{"a":[1,null,"x"],"a b":false,"b":{},"e":[],"s":"ä😀/\n","t":null}]])
  assert(json.decode('"\\ud83d!"') == "\239\191\189!")
  setmetatable(t.b, {__index = function() return 1 end})
end)

on("pretty", function()
  same({}, "{}")
  local text = json.encode({b = {1, {}}, a = json.array{}, c = {d = "e"}}, {pretty = true})
  assert(text == [[
{
  "a": [],
  "b": [
    1,
    {}
  ],
  "c": {
    "d": "e"
  }
}]], text)
  refused('json.encode: options.prety: unknown field (did you mean "pretty"?)', json.encode, 1, {prety = true})
end)

on("refused", function()
  refused("json.encode: value: missing, expected a value", json.encode)
  refused("json.encode: value: a function cannot be JSON", json.encode, print)
  refused("json.encode: value.users[2].call: a function cannot be JSON", json.encode, {users = {{}, {call = print}}})
  refused("json.encode: value[1]: a thread cannot be JSON", json.encode, {coroutine.create(print)})
  refused("json.encode: value: NaN is no number of JSON", json.encode, 0 / 0)
  refused("json.encode: value.x: +Inf is no number of JSON", json.encode, {x = 1 / 0})
  refused("json.encode: value: a list with holes: the highest key is 3, and there are 2", json.encode, {1, nil, 3})
  refused("json.encode: value: the keys must be 1, 2, 3… or texts, got the number 1.5", json.encode, {[1.5] = 1})
  refused("json.encode: value: the keys must be 1, 2, 3… or texts, got the number 0", json.encode, {[0] = 1})
  refused("json.encode: value: the keys must be 1, 2, 3… or texts, got the boolean true", json.encode, {[true] = 1})
  refused('json.encode: value.x: the keys must be 1, 2, 3… or texts, got both: number 2 and string "name"', json.encode, {x = {1, 2, name = 3}})
  refused('json.encode: value: marked as a list, it has the key string "x"', json.encode, json.array{x = 1})
  refused("json.encode: value.name: the text is not UTF-8 from its byte 3 on", json.encode, {name = "ab\255"})
  refused([[json.encode: value."a\xff": the text is not UTF-8 from its byte 2 on]], json.encode, {["a\255"] = 1})
  local loop = {}
  loop.again = {loop}
  refused("json.encode: value.again[1]: the table is within itself", json.encode, loop)
  local shared = {1}
  same({shared, shared}, "[[1],[1]]")
  local deep = {}
  for _ = 1, 99 do deep = {deep} end
  assert(#json.encode(deep) == 200)
  refused("[1][1]: tables are nested deeper than 100", json.encode, {deep})
  refused("json.array: list: expected a plain table, got one with a metatable", json.array, setmetatable({}, {}))
  refused('json.array: list: expected a table, got string "x"', json.array, "x")
  refused("json.decode: text: expected a string, got table", json.decode, {})
  refused("json.decode: text: missing", json.decode)
end)

on("errors", function()
  for text, want in pairs{
    [""] = "line 1, column 1: expected a value, got the end of the text",
    ["{"] = "line 1, column 2: expected a name in double quotes, got the end of the text",
    ["[1,\n 2,\n ä]"] = "line 3, column 2: expected a value, got 'ä'",
    ["[1,]"] = "line 1, column 4: expected a value, got ']'",
    ["[1 2]"] = "line 1, column 4: expected ',' or ']', got '2'",
    ['{"a" 1}'] = "line 1, column 6: expected ':', got '1'",
    ['{"a":1,}'] = "line 1, column 8: expected a name in double quotes, got '}'",
    ['{"a":1 "b":2}'] = [[line 1, column 8: expected ',' or '}', got '"']],
    ["{a:1}"] = "line 1, column 2: expected a name in double quotes, got 'a'",
    ["nul"] = "line 1, column 1: expected a value, got 'n'",
    ["1 2"] = "line 1, column 3: expected the end of the text, got '2'",
    ["[01]"] = "line 1, column 3: expected ',' or ']', got '1'",
    ["-x"] = "line 1, column 2: expected a number, got 'x'",
    ["1."] = "line 1, column 3: expected a number, got the end of the text",
    ["1e400"] = "line 1, column 1: the number is out of range",
    ['"ä\n"'] = "line 1, column 3: the byte 0x0a in a string: it is written \\u000a",
    ['"a'] = "line 1, column 3: expected the end of a string, got the end of the text",
    ['"a\\'] = [[line 1, column 3: expected one of \" \\ \/ \b \f \n \r \t \uXXXX, got '\\']],
    ['"\\u12g4"'] = [[line 1, column 2: expected one of \" \\ \/ \b \f \n \r \t \uXXXX, got '\\']],
    ['"a\255"'] = "line 1, column 3: expected UTF-8, got the byte 0xff",
    ['"\\n\255\\n"'] = "line 1, column 4: expected UTF-8, got the byte 0xff",
    ["\0"] = "line 1, column 1: expected a value, got '\\x00'",
    ["1\0"] = "line 1, column 2: expected the end of the text, got '\\x00'",
    ["'a'"] = [[line 1, column 1: expected a value, got '\'']],
    ["NaN"] = "line 1, column 1: expected a value, got 'N'",
  } do
    local v, err = json.decode(text)
    assert(v == nil and err.type == "JSON_INVALID", text)
    assert(err.message == want, err.message .. "\nwant " .. want)
  end
  for want, text in pairs{
    ["nested deeper than 100"] = string.rep("[", 101) .. string.rep("]", 101),
    ["more than 65536 lists and objects"] = "[" .. string.rep("[],", 65536) .. "1]",
    ["a list of more than " .. LONGEST] = "[" .. string.rep("1,", LONGEST) .. "1]",
  } do
    local v, err = json.decode(text)
    assert(v == nil and err.type == "TOO_LARGE", want)
    assert(err.message == want, err.message .. "\nwant " .. want)
  end
  assert(#json.decode(string.rep("[", 100) .. string.rep("]", 100)) == 1)
  assert(#json.decode("[" .. string.rep("1,", LONGEST - 1) .. "1]") == LONGEST)
end)

-- Both pay for what they do: a loop of large texts ends like any other.
local text = "[" .. string.rep("1,", 60000) .. "1]"

on("decodes", function()
  while true do json.decode(text) end
end)

on("encodes", function()
  local list = json.decode(text)
  while true do json.encode(list) end
end)
