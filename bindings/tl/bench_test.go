package tl

import (
	"context"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// ringing is the update of an incoming call as Telegram sends it, with the two
// users of it, and as the wire leaves it: decoded.
func ringing(t testing.TB) bin.Object {
	t.Helper()
	user := func(id int64, name string) *tg.User {
		u := &tg.User{ID: id, Contact: true, MutualContact: true}
		u.SetAccessHash(id * 7919)
		u.SetFirstName(name)
		u.SetLastName("Example")
		u.SetUsername("user_" + name)
		u.SetPhone("15550001")
		u.SetStatus(&tg.UserStatusRecently{})
		u.SetPhoto(&tg.UserProfilePhoto{PhotoID: id * 31, DCID: 2})
		return u
	}
	sent := &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{
			ID: 588516572874907240, AccessHash: -3, Date: 1700000000, AdminID: 1001, ParticipantID: 1002,
			GAHash: make([]byte, 32),
			Protocol: tg.PhoneCallProtocol{
				UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92,
				LibraryVersions: []string{"8.0.0", "9.0.0"},
			},
		}}},
		Users: []tg.UserClass{user(1001, "ann"), user(1002, "bob")},
		Date:  1700000000,
	}
	var b bin.Buffer
	if err := sent.Encode(&b); err != nil {
		t.Fatal(err)
	}
	received := &tg.Updates{}
	if err := received.Decode(&b); err != nil {
		t.Fatal(err)
	}
	return received
}

// discarding makes the arguments of a phone.discardCall in Lua.
func discarding(t testing.TB, L *lua.LState) *lua.LTable {
	t.Helper()
	if err := L.DoString(`args = {peer={_="inputPhoneCall", id="588516572874907240", access_hash="-3"},
		duration=0, reason="busy", connection_id="0"}`); err != nil {
		t.Fatal(err)
	}
	return L.GetGlobal("args").(*lua.LTable)
}

func BenchmarkDiscardCallToTL(b *testing.B) {
	m, L := newModule(b, Options{})
	args := discarding(b, L)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.ToTL(L, args, "phone.discardCall"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCallUpdateToLua(b *testing.B) {
	m, L := newModule(b, Options{})
	update := ringing(b)
	b.ReportAllocs()
	for b.Loop() {
		m.ToLua(L, update)
	}
}

// BenchmarkTablesAlone makes the tables of BenchmarkCallUpdateToLua of values that
// are there already: what gopher-lua needs for them by itself.
func BenchmarkTablesAlone(b *testing.B) {
	m, L := newModule(b, Options{})
	original := m.ToLua(L, ringing(b)).(*lua.LTable)
	keys := map[*lua.LTable][]lua.LString{}
	listKeys(original, keys)
	b.ReportAllocs()
	for b.Loop() {
		duplicate(L, original, keys)
	}
}

func listKeys(tb *lua.LTable, keys map[*lua.LTable][]lua.LString) {
	tb.ForEach(func(key, v lua.LValue) {
		if name, ok := key.(lua.LString); ok {
			keys[tb] = append(keys[tb], name)
		}
		if inner, ok := v.(*lua.LTable); ok {
			listKeys(inner, keys)
		}
	})
}

func duplicate(L *lua.LState, tb *lua.LTable, keys map[*lua.LTable][]lua.LString) lua.LValue {
	n := tb.Len()
	again := L.CreateTable(n, len(keys[tb]))
	copyOf := func(v lua.LValue) lua.LValue {
		if inner, ok := v.(*lua.LTable); ok {
			return duplicate(L, inner, keys)
		}
		return v
	}
	for _, name := range keys[tb] {
		again.RawSetString(string(name), copyOf(tb.RawGetString(string(name))))
	}
	for i := range n {
		again.Append(copyOf(tb.RawGetInt(i + 1)))
	}
	return again
}

// silent answers nothing and costs nothing.
type silent struct{ tg.UpdatesClass }

func (s silent) Invoke(_ context.Context, _ bin.Encoder, out bin.Decoder) error {
	out.(*tg.UpdatesBox).Updates = s.UpdatesClass
	return nil
}

// BenchmarkDiscardCall is the whole call of the method from Lua, but for what the
// network costs.
func BenchmarkDiscardCall(b *testing.B) { benchmarkDiscardCall(b, nil) }

// BenchmarkDiscardCallAllowed asks for permission too, of sets such as a host
// keeps for each script.
func BenchmarkDiscardCallAllowed(b *testing.B) {
	allowed := map[string]map[string]bool{"night.lua": {"phone.discardCall": true}}
	benchmarkDiscardCall(b, func(_ *lua.LState, method string, _ bin.Object) error {
		if allowed["night.lua"][method] {
			return nil
		}
		return errNoInvoker
	})
}

func benchmarkDiscardCall(b *testing.B, allow func(*lua.LState, string, bin.Object) error) {
	_, L := newModule(b, Options{Invoker: silent{&tg.UpdatesTooLong{}}, Allow: allow})
	discarding(b, L)
	if err := L.DoString(`function run(n) for i = 1, n do assert(phone.discardCall(args)) end end`); err != nil {
		b.Fatal(err)
	}
	run := L.GetGlobal("run")
	b.ReportAllocs()
	for b.Loop() {
		if err := L.CallByParam(lua.P{Fn: run, Protect: true}, lua.LNumber(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{})
	}
}

// BenchmarkOpen is what it costs to open a VM that uses one namespace.
func BenchmarkOpen(b *testing.B) {
	m := New(Options{})
	L := lua.NewState()
	defer L.Close()
	b.ReportAllocs()
	for b.Loop() {
		L.G.Registry.RawSetString(registryKey, lua.LNil)
		m.Open(L)
		m.Global(L, "phone")
	}
}
