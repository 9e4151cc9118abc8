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

	"luahost/internal/script"
)

// functions are what scripts see in the table log.
var functions = map[string]slog.Level{
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
}

// Open installs the module.
func Open(rt *script.Runtime) {
	L := rt.State()
	module := L.CreateTable(0, len(functions))
	for name, level := range functions {
		module.RawSetString(name, L.NewFunction(func(L *lua.LState) int { return write(rt, L, name, level) }))
	}
	L.SetGlobal("log", module)
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int { return print(rt, L) }))
}

// log.LEVEL(message, {name=value, …}) writes a line with its attributes sorted
// by name.
func write(rt *script.Runtime, L *lua.LState, function string, level slog.Level) int {
	message := text(L, L.CheckAny(1))
	var attributes *lua.LTable
	switch v := L.Get(2).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		attributes = v
	default:
		L.RaiseError("log.%s: the attributes must be a table, got %s", function, v.Type())
	}
	ctx := rt.Context(L)
	if !rt.Log().Enabled(ctx, level) || !rt.MayLog() {
		return 0
	}
	rt.Log().LogAttrs(ctx, level, clip(message, maxText), append(where(rt, L), attrs(L, attributes)...)...)
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
		list = append(list, slog.Attr{Key: clip(k.String(), maxKey), Value: value(L, v)})
	})
	slices.SortFunc(list, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	if more > 0 {
		list = append(list, slog.Int("attributes_left_out", more))
	}
	return list
}

// where is the line of Lua that writes, and its file where that is a module.
func where(rt *script.Runtime, L *lua.LState) []slog.Attr {
	file, line := script.CallerPlace(L)
	if file == rt.Script() {
		return []slog.Attr{slog.Int("line", line)}
	}
	return []slog.Attr{slog.String("file", file), slog.Int("line", line)}
}
