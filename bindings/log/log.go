// Package log lets scripts write to the host's log: log.debug, log.info,
// log.warn and log.error, each with a message and a table of attributes, and
// print. Every line carries the script and its generation, and the line of Lua
// that wrote it. A line is bounded: see value.go; and so is how many of them a
// script writes in a second (script.Limits.Lines).
package log

import (
	"log/slog"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/clip"
	"luahost/internal/script"
)

// functions are what scripts see in the table log.
var functions = []function{
	{slog.LevelDebug, manual.Entry{
		Name: "debug", Gives: "nothing", Params: params,
		Doc: "Writes a line for whoever is looking for a mistake: `luahost run --verbose` shows it, and without that it stands in the trace of the call alone. " + lineDoc,
		Example: `on("call", function(call)
  log.debug("rings", {from = call.from.first_name, contact = call.from.contact, video = call.video})
end)`,
	}},
	{slog.LevelInfo, manual.Entry{
		Name: "info", Gives: "nothing", Params: params,
		Doc: "Writes a line about what happens as it should. " + lineDoc,
		Example: `rule "night" {
  when = {from = "stranger", between = {"22:00", "07:00"}},
  action = function(call)
    call:decline("busy")
    log.info("declined", {call = call.id, from = call.from})
  end,
}`,
	}},
	{slog.LevelWarn, manual.Entry{
		Name: "warn", Gives: "nothing", Params: params,
		Doc: "Writes a line about what did not go well, and what the script could do without. " + lineDoc,
		Example: `on("call", function(call)
  local ok, err = call:reply("I'll call back.")
  if not ok then log.warn("not told", {call = call.id, err = err}) end
end)`,
	}},
	{slog.LevelError, manual.Entry{
		Name: "error", Gives: "nothing", Params: params,
		Doc: "Writes a line about what somebody has to look at. It ends nothing: Lua's own `error` does, and what a handler does not catch is logged by luahost, with the line of the script and the calls that led there. " + lineDoc,
		Example: `on("call.ended", function(call)
  local ok, err = store.incr("calls")
  if not ok then log.error("the calls are not counted", {err = err}) end
end)`,
	}},
}

var params = manual.Params{
	{Name: "message", Type: manual.Type{Words: "anything"}, Doc: "what happened; short, and the same each time, so that it can be searched for"},
	{Name: "attributes", Type: manual.Type{Words: "a table such as {call = call.id}"}, Optional: true, Doc: "what it happened to, by names"},
}

var lineDoc = "The line has the script, its generation and the line of Lua as well; in a handler of a call it is also in the trace of the call (`luahost trace`).\n\n" +
	"Attributes are sorted by name. Values may be anything: texts, numbers, true and false are written as they are, tables with their fields, errors as sentences. A message is cut after 4096 bytes, a value after 1024, and a line has 32 attributes. " +
	"A name that luahost itself writes (`" + strings.Join(taken, "`, `") + "`) gets `script.` before it: `script.level=…`.\n\n" +
	"More than 100 lines in a second (`log_lines` in the [configuration](../../configuration.md#limits)) are left out, and their number is told."

// globals are what scripts see beside it.
var globals = []manual.Entry{{
	Name: "print", Gives: "nothing",
	Params: manual.Params{{Name: "…", Type: manual.Type{Words: "anything, as often as you like"}, Optional: true, Doc: "what to write"}},
	Doc:    "Writes its arguments into the log, as one line of the level `info`, tabs between them. The line has the script and the line of Lua as well, and is bounded like those of [`log.info`](../log/info.md), which also takes values with names.",
	Example: `on("call", function(call)
  print("somebody rings", call.from.first_name, call.video)
end)`,
}}

type function struct {
	level slog.Level
	manual.Entry
}

// Open installs the module.
func Open(rt *script.Runtime) {
	L := rt.State()
	module := L.CreateTable(0, len(functions))
	for _, f := range functions {
		module.RawSetString(f.Name, L.NewFunction(func(L *lua.LState) int { return write(rt, L, f) }))
	}
	L.SetGlobal("log", module)
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int { return print(rt, L) }))
}

// Functions describes those of the table log for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range functions {
		entries = append(entries, f.Entry)
	}
	return entries
}

// Globals describes print for the manual.
func Globals() []manual.Entry { return globals }

// log.LEVEL(message, {name=value, …}) writes a line with its attributes sorted
// by name.
func write(rt *script.Runtime, L *lua.LState, f function) int {
	message := text(L, L.CheckAny(1))
	var attributes *lua.LTable
	switch v := L.Get(2).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		attributes = v
	default:
		if err := manual.WithColon(L); err != nil {
			L.RaiseError("log.%s: %v", f.Name, err)
		}
		L.RaiseError("log.%s: the attributes must be a table, got %s; print takes several values", f.Name, v.Type())
	}
	ctx := rt.Context(L)
	if !rt.Log().Enabled(ctx, f.level) || !rt.MayLog() {
		return 0
	}
	rt.Log().LogAttrs(ctx, f.level, clip.Counted(message, maxText), append(where(rt, L), attrs(L, attributes)...)...)
	return 0
}

// print(…) writes its arguments, tabs between them, as a line of level info.
func print(rt *script.Runtime, L *lua.LState) int {
	words := make([]string, L.GetTop())
	for i := range words {
		words[i] = text(L, L.Get(i+1))
	}
	if !rt.MayLog() {
		return 0
	}
	rt.Log().LogAttrs(rt.Context(L), slog.LevelInfo, joined(words, maxText), where(rt, L)...)
	return 0
}

func attrs(L *lua.LState, table *lua.LTable) []slog.Attr {
	if table == nil {
		return nil
	}
	var list []slog.Attr
	more := 0
	table.ForEach(func(k, v lua.LValue) {
		if len(list) == maxAttrs {
			more++
			return
		}
		list = append(list, slog.Attr{Key: attrName(k), Value: value(L, v)})
	})
	slices.SortFunc(list, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	if more > 0 {
		list = append(list, slog.Int("attributes_left_out", more))
	}
	return list
}

// taken are the names that luahost gives to what it writes of a line itself, and of
// a handler that failed.
var taken = []string{"time", "level", "msg", "script", "generation", "file", "line", "source", "traceback"}

// attrName is under which name a line has an attribute: none passes for what luahost
// says of the line.
func attrName(key lua.LValue) string {
	name := clip.Counted(key.String(), maxKey)
	if slices.Contains(taken, name) {
		return "script." + name
	}
	return name
}

// where is the line of Lua that writes, and its file where that is a module.
func where(rt *script.Runtime, L *lua.LState) []slog.Attr {
	file, line := script.CallerPlace(L)
	if file == rt.Script() {
		return []slog.Attr{slog.Int("line", line)}
	}
	return []slog.Attr{slog.String("file", file), slog.Int("line", line)}
}
