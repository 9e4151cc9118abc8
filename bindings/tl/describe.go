package tl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// What tostring shows of an object at most.
const (
	describeDepth = 4
	describeBytes = 2000
)

// describe writes a table for a reader: user{id=5, first_name="Ann"}. It leaves
// out access hashes, so that a printed object gives no key away, and shows two
// digits of a phone number and the length of bytes.
func describe(b *strings.Builder, tb *lua.LTable, depth int) {
	name, _ := tb.RawGetString("_").(lua.LString)
	b.WriteString(short(string(name)) + "{")
	if depth == describeDepth {
		b.WriteString("…}")
		return
	}
	comma := ""
	for key, v := tb.Next(lua.LNil); key != lua.LNil; key, v = tb.Next(key) {
		field, named := key.(lua.LString)
		if named && (field == "_" || field == "access_hash") {
			continue
		}
		b.WriteString(comma)
		comma = ", "
		if b.Len() > describeBytes {
			b.WriteString("…")
			break
		}
		if named {
			b.WriteString(short(string(field)) + "=")
		}
		if phone, ok := v.(lua.LString); ok && (field == "phone" || field == "phone_number") {
			v = "…" + phone[max(0, len(phone)-2):]
		}
		describeValue(b, v, depth)
	}
	b.WriteString("}")
}

func describeValue(b *strings.Builder, v lua.LValue, depth int) {
	switch v := v.(type) {
	case *lua.LTable:
		describe(b, v, depth+1)
	case lua.LString:
		if !printable(string(v)) {
			fmt.Fprintf(b, "<%d bytes>", len(v))
			return
		}
		b.WriteString(strconv.Quote(short(string(v))))
	case lua.LNumber:
		b.WriteString(v.String())
	case lua.LBool:
		b.WriteString(v.String())
	default:
		b.WriteString("<" + v.Type().String() + ">")
	}
}

func printable(s string) bool {
	for _, c := range s {
		if c == utf8.RuneError || unicode.IsControl(c) && !unicode.IsSpace(c) {
			return false
		}
	}
	return true
}
