package state

import (
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/store"
)

var key = manual.Param{Name: "key", Type: keyType(), Doc: "what it is kept under"}

var options = manual.Params{
	{Name: "expires", Type: manual.Duration(), Optional: true, Doc: "how long it is kept; left out, for ever"},
}

func optionsParam(doc string) manual.Param {
	return manual.Param{Name: "options", Type: manual.Table(`a table such as {expires = "7d"}`, options), Optional: true, Doc: doc}
}

var getEntry = manual.Entry{
	Name: "get", Gives: "the value, or the default; nil and an error if the database cannot be read",
	Params: manual.Params{key, {Name: "default", Type: anything(), Optional: true, Doc: "what is given when there is nothing under the key; nil if left out"}},
	Doc: "A value that was kept with `store.set` or counted with `store.incr`. A table is a copy: changing it changes nothing that is kept, until it is set again. " +
		"Reading takes microseconds and waits for nobody, and is also allowed while the script loads. What is read then does not follow later changes, which the generation before may still make: read in handlers what changes.",
	Example: `on("call", function(call)
  local seen = store.get("seen:" .. call.from.id, 0)
  log.info("rings", {name = call.from.first_name, calls_before = seen})
end)`,
}

var setEntry = manual.Entry{
	Name: "set", Gives: "true, or nil and an error",
	Params: manual.Params{
		key,
		{Name: "value", Type: anything(), Optional: true, Doc: "a text, a number, true, false, or a table of these; nil deletes the key"},
		optionsParam("how long it is kept"),
	},
	Doc: "Keeps a value. When it has returned true, the value is on the disk and survives a crash or a loss of power; other handlers go on meanwhile, and see the old value until then. " +
		"What was under the key is replaced, with the time that it had left: without `expires` the new value stays for ever.\n\n" +
		"Each script has its own keys, by the name of its file: editing it, reloading it and restarting luahost change nothing, and a script that was renamed finds its keys again when it is renamed back. `luahost state` lists what scripts keep.\n\n" +
		"Numbers come back exactly, and so do texts of any bytes, such as the ids that Telegram's tables hold as texts. Tables come back as copies, up to 32 deep: keys may be texts and numbers; a metatable is not kept; " +
		"and an empty table is neither a list nor a map, as everywhere in Lua. Functions, `call` and other objects, and tables that contain themselves are errors that name the place.\n\n" +
		"A key has up to 256 bytes and a value up to 64 KiB as it is kept; more is an error at the script's line. A script has up to 10,000 keys and 8 MiB: when they are used up, a new key gives `nil` and an error of type `STORE_FULL`. " +
		"A database that cannot be written, on a full disk for example, gives `nil` and an error of type `DATABASE`, and the old value stays. While a script loads nothing is written: `on(\"load\", …)` is the place for that.",
	Example: `on("call.ended", function(call)
  store.set("last", {id = call.id, name = call.from.first_name, outcome = call.outcome}, {expires = "30d"})
end)`,
}

var incrEntry = manual.Entry{
	Name: "incr", Gives: "the new number, or nil and an error",
	Params: manual.Params{
		key,
		{Name: "by", Type: byType(), Optional: true, Doc: "what is added, may be negative; 1 if left out"},
		optionsParam("how long it is kept from the first time on"),
	},
	Doc: "Adds to a number, which is 0 if there is nothing under the key. No other change comes between reading and writing it, whichever handlers and scripts count at the same time. " +
		"`expires` counts from when the key is made: adding to it later does not move its end, so `store.incr(key, 1, {expires = \"1h\"})` counts what happens within an hour of the first time, and begins again after that. " +
		"Adding to a text or a table, and a sum beyond 2^53, where numbers are no longer exact, are errors at the script's line.",
	Example: `on("call", function(call)
  local times = store.incr("rings:" .. call.from.id, 1, {expires = "1h"})
  if times and times > 3 then call:decline("busy") end
end)`,
}

var deleteEntry = manual.Entry{
	Name: "delete", Gives: "true, or nil and an error",
	Params: manual.Params{key},
	Doc:    "Removes a key, and is content if there is none. `store.set(key, nil)` does the same.",
	Example: `on("message", function(message)
  if message.text == "forget me" then
    store.delete("seen:" .. message.from.id)
    message:reply("Done.")
  end
end)`,
}

var keysEntry = manual.Entry{
	Name: "keys", Gives: "a list of texts; nil and an error if the database cannot be read",
	Params: manual.Params{{Name: "prefix", Type: prefixType(), Optional: true, Doc: "only keys that begin with it"}},
	Doc:    "The keys under which something is kept, sorted byte by byte. There are never more than 10,000.",
	Example: `on("message", function(message)
  if message.text == "who called?" then
    local names = {}
    for _, key in ipairs(store.keys("seen:")) do table.insert(names, key:sub(6)) end
    message:reply(#names .. " callers: " .. table.concat(names, ", "))
  end
end)`,
}

var sharedEntry = manual.Entry{
	Name: "shared", Gives: "a table with `get`, `set`, `incr`, `delete` and `keys`",
	Doc: "The same functions for what all scripts share: `store.shared.set`, `store.shared.get` and so on. Its keys are nobody's own, so begin them with a word that tells what they are for. The limits are those of one script.",
	Example: `on("message", function(message)
  if message.text == "away" or message.text == "back" then
    store.shared.set("presence", message.text)
    message:reply("Noted.")
  end
end)`,
}

func anything() manual.Type {
	return manual.Type{Words: "a value", Read: func(v lua.LValue) (any, error) { return v, nil }}
}

// byType reads a number that counts.
func byType() manual.Type {
	number := manual.Number()
	return manual.Type{Words: number.Words, Read: func(v lua.LValue) (any, error) {
		if isOptions(v) {
			return nil, manual.Faultf("these are options, which come after the number: store.incr(key, 1, {…})")
		}
		return number.Read(v)
	}}
}

// keyType reads a text that a person can be shown and any database can keep.
func keyType() manual.Type {
	words := "a text of 1 to 256 bytes"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		s, ok := v.(lua.LString)
		switch {
		case !ok:
			return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
		case s == "":
			return nil, manual.Faultf("expected %s, got an empty one", words)
		case len(s) > store.MaxKey:
			return nil, manual.Faultf("expected %s, got one of %d", words, len(s))
		case strings.ContainsRune(string(s), 0):
			return nil, manual.Faultf("expected %s, got one with a zero byte: %s", words, manual.Shown(v))
		case !utf8.ValidString(string(s)):
			return nil, manual.Faultf("expected %s, got one that is not UTF-8: %s", words, manual.Shown(v))
		}
		return string(s), nil
	}}
}

func prefixType() manual.Type {
	words := "a text"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		if s, ok := v.(lua.LString); ok {
			return string(s), nil
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}
