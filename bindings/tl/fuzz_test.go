package tl

import (
	"math"
	"slices"
	"testing"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"
)

// What a server sends, if gotd can read it, reaches Lua and comes back the same.
func FuzzToLua(f *testing.F) {
	m, L := newModule(f, Options{})
	g := newGenerator(m.schema, 9)
	for _, name := range []string{"updates", "user", "message", "phoneCall", "jsonObject"} {
		var b bin.Buffer
		if err := g.object(m.schema.names[name], 4).Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Buf)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := &bin.Buffer{Buf: raw}
		id, err := b.PeekID()
		if err != nil {
			return
		}
		e := m.schema.ids[id]
		if e == nil || slices.Contains(notOnTheWire, e.name) {
			return
		}
		object := e.newObject()
		if err := object.Decode(b); err != nil {
			return
		}
		v, err := m.toLua(L, object, nil)
		if err != nil {
			return // the id of a peer beyond 2^53
		}
		typeName := e.result
		if e.method {
			typeName = e.name
		}
		back, err := m.ToTL(L, v, typeName)
		if err != nil {
			if len(raw) > 8*maxDepth {
				return // may be nested deeper than a script's tables
			}
			t.Fatalf("%s from Lua: %v", e.name, err)
		}
		// Not by the bytes: flags that the layer does not know are dropped.
		if diff := differ(v, m.ToLua(L, back)); diff != "" {
			t.Fatalf("%s: %s", e.name, diff)
		}
	})
}

// Whatever a script gives, the answer is a request that can be sent, or an error.
func FuzzToTL(f *testing.F) {
	m, L := newModule(f, Options{})
	var names []string
	for name := range m.schema.names {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if name == "phone.discardCall" || name == "messages.sendMessage" || name == "user" {
			f.Add(uint16(i), []byte{1, 0, 7, 1, 2, 3, 1, 4, 9, 2, 200, 5, 1})
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, program []byte) {
		e := m.schema.names[names[int(which)%len(names)]]
		build := builder{L: L, schema: m.schema, left: program}
		object, err := m.ToTL(L, build.table(m.schema.plan(e)), e.name)
		if err != nil {
			return
		}
		want := encoded(t, object)
		if slices.Contains(notOnTheWire, e.name) {
			return
		}
		back, err := m.ToTL(L, m.ToLua(L, object), map[bool]string{false: e.result, true: e.name}[e.method])
		if err != nil {
			t.Fatalf("%s again: %v", e.name, err)
		}
		if got := encoded(t, back); got != want {
			t.Fatalf("%s came back as\n%s, was\n%s", e.name, got, want)
		}
	})
}

// builder makes Lua values of a fuzzer's bytes, mostly such as the type wants.
type builder struct {
	L      *lua.LState
	schema *schema
	left   []byte
}

func (b *builder) next() byte {
	if len(b.left) == 0 {
		return 0
	}
	c := b.left[0]
	b.left = b.left[1:]
	return c
}

func (b *builder) table(p *plan) *lua.LTable {
	tb := b.L.NewTable()
	if b.next()%4 == 0 {
		tb.RawSetString("_", p.value)
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.word >= 0 && b.next()%3 != 0 {
			continue
		}
		tb.RawSetString(f.name, b.value(&f.typ))
	}
	return tb
}

func (b *builder) value(t *typ) lua.LValue {
	switch c := b.next(); {
	case c > 250:
		return b.odd()
	case t.kind == kindTrue || t.kind == kindBool:
		return lua.LBool(c%2 == 0)
	case t.kind == kindInt || t.kind == kindPeerID || t.kind == kindDouble:
		return lua.LNumber(int8(c))
	case t.kind == kindLong:
		return lua.LString([]string{"0", "-9223372036854775808", "9223372036854775807", "12"}[c%4])
	case t.kind == kindString || t.kind == kindBytes:
		return lua.LString(b.bytes(int(c % 8)))
	case t.kind == kindInt128:
		return lua.LString(b.bytes(16))
	case t.kind == kindInt256:
		return lua.LString(b.bytes(32))
	case t.kind == kindVector:
		tb := b.L.NewTable()
		for range c % 4 {
			tb.Append(b.value(t.elem))
		}
		return tb
	case len(b.left) == 0:
		return b.L.NewTable()
	default:
		e := t.class.members[int(c)%len(t.class.members)]
		tb := b.table(b.schema.plan(e))
		tb.RawSetString("_", lua.LString(e.name))
		return tb
	}
}

// odd gives what hardly any type wants.
func (b *builder) odd() lua.LValue {
	tb := b.L.NewTable()
	odd := []lua.LValue{
		lua.LNil, lua.LTrue, lua.LNumber(math.NaN()), lua.LNumber(math.Inf(-1)), lua.LNumber(1 << 53),
		lua.LString("\xff"), lua.LString("busy"), tb, b.L.NewFunction(Assert), b.L.NewUserData(),
	}
	v := odd[int(b.next())%len(odd)]
	tb.RawSetInt(int(b.next()), v)
	tb.RawSetString(string(b.bytes(1)), tb)
	return v
}

func (b *builder) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = b.next()
	}
	return out
}
