package log

import (
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
	"luahost/internal/sandbox"
)

// The bounds of a line.
const (
	maxText  = 4096 // bytes of the message
	maxAttrs = 32
	maxKey   = 64   // bytes of an attribute's name
	maxValue = 1024 // bytes of an attribute's value
	maxDepth = 3    // of tables within tables
)

// tablePaid is how many instructions a table in an attribute costs. One that was
// emptied takes 0.1 ms to look through, and leaves two bytes.
const tablePaid = 20

// value is what an attribute says: numbers and booleans as themselves, a table
// by its __tostring or else by its fields.
func value(L *lua.LState, v lua.LValue) slog.Value {
	switch v := v.(type) {
	case lua.LBool:
		return slog.BoolValue(bool(v))
	case lua.LNumber:
		if n := float64(v); n == math.Trunc(n) && math.Abs(n) <= 1<<53 {
			return slog.Int64Value(int64(n))
		}
		return slog.Float64Value(float64(v))
	case *lua.LTable:
		var b strings.Builder
		describe(L, &b, v, 1)
		return slog.StringValue(clip.Counted(b.String(), maxValue))
	default:
		return slog.StringValue(clip.Counted(text(L, v), maxValue))
	}
}

// describe writes a table as Lua would, its fields sorted, as far as the bound
// of a value goes.
func describe(L *lua.LState, b *strings.Builder, v lua.LValue, depth int) {
	table, ok := v.(*lua.LTable)
	switch {
	case b.Len() > maxValue:
	case ok && L.GetMetaField(v, "__tostring") == lua.LNil && depth > maxDepth:
		b.WriteString("{…}")
	case ok && L.GetMetaField(v, "__tostring") == lua.LNil:
		budget := sandbox.BudgetOf(L)
		budget.Charge(tablePaid)
		if budget.Poll(); budget.Err() != nil {
			return
		}
		length := table.Len()
		b.WriteByte('{')
		for i, k := range keys(table) {
			if i > 0 {
				b.WriteString(", ")
			}
			if k.Type() != lua.LTNumber || i >= length {
				b.WriteString(k.String() + "=")
			}
			describe(L, b, table.RawGet(k), depth+1)
		}
		b.WriteByte('}')
	case v.Type() == lua.LTString:
		b.WriteString(strconv.Quote(clip.Counted(v.String(), maxValue)))
	default:
		b.WriteString(clip.Counted(text(L, v), maxValue))
	}
}

// keys are at most maxAttrs of a table's keys: the list first, then the fields.
func keys(table *lua.LTable) []lua.LValue {
	var list, fields []lua.LValue
	for k, _ := table.Next(lua.LNil); k != lua.LNil && len(list)+len(fields) < maxAttrs; k, _ = table.Next(k) {
		if k.Type() == lua.LTNumber {
			list = append(list, k)
		} else {
			fields = append(fields, k)
		}
	}
	slices.SortFunc(fields, func(a, b lua.LValue) int { return strings.Compare(a.String(), b.String()) })
	return append(list, fields...)
}

// text is Lua's tostring.
func text(L *lua.LState, v lua.LValue) string { return sandbox.Text(L, v) }

// joined is clip.Counted of the words with tabs between them, of which no more is made: it
// is as easy to print a text of a megabyte ten thousand times as once.
func joined(words []string, limit int) string {
	var b strings.Builder
	length := max(len(words)-1, 0)
	for i, word := range words {
		if i > 0 && b.Len() <= limit {
			b.WriteByte('\t')
		}
		length += len(word)
		b.WriteString(word[:min(len(word), max(limit+1-b.Len(), 0))])
	}
	return clip.Beginning(b.String(), limit, length)
}
