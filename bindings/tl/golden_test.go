package tl

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file of testdata/golden has a type, what a script gives for it, its bytes,
// and the table that a script gets from those bytes.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find the files: %v, %v", files, err)
	}
	m, L := newModule(t, Options{Peers: seen{}})
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			typeName, rest, _ := strings.Cut(string(text), "\n")
			given, _, _ := strings.Cut(rest, "\n")
			wire, shown := throughLua(t, m, L, typeName, given)
			got := fmt.Sprintf("%s\n%s\n%s\n%s", typeName, given, wire, shown)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(text) {
				t.Errorf("got\n%s, want\n%s", got, text)
			}
		})
	}
}

// throughLua gives the bytes of a Lua expression, and what they look like in Lua.
func throughLua(t *testing.T, m *Module, L *lua.LState, typeName, given string) (wire, shown string) {
	t.Helper()
	if err := L.DoString("return " + given); err != nil {
		t.Fatal(err)
	}
	object, err := m.ToTL(L, L.Get(-1), typeName)
	L.Pop(1)
	if err != nil {
		t.Fatal(err)
	}
	wire = encoded(t, object)
	raw, err := hex.DecodeString(wire)
	if err != nil {
		t.Fatal(err)
	}
	b := &bin.Buffer{Buf: raw}
	id, err := b.PeekID()
	if err != nil {
		t.Fatal(err)
	}
	received := m.schema.ids[id].newObject()
	if err := received.Decode(b); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	literal(&text, m.ToLua(L, received), "")
	return wire, text.String()
}

// literal writes a value as a script would, in the order of pairs.
func literal(b *strings.Builder, v lua.LValue, indent string) {
	switch v := v.(type) {
	case *lua.LTable:
		b.WriteString("{\n")
		for key, item := v.Next(lua.LNil); key != lua.LNil; key, item = v.Next(key) {
			b.WriteString(indent + "  ")
			if name, ok := key.(lua.LString); ok {
				b.WriteString(string(name) + "=")
			}
			literal(b, item, indent+"  ")
		}
		b.WriteString(indent + "},\n")
	case lua.LString:
		b.WriteString(strconv.QuoteToASCII(string(v)) + ",\n")
	default:
		b.WriteString(v.String() + ",\n")
	}
}
