package tl

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

func TestEvent(t *testing.T) {
	m := New(Options{})
	for _, name := range []string{"updatePhoneCall", "updateNewMessage"} {
		if err := m.Event(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"updatePhoneCal": `did you mean "updatePhoneCall"?`,
		"updateShort":    "is not an update",
		"phoneCall":      "is not an update",
		"":               "is not an update",
	} {
		if err := m.Event(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"duration", "reason", "peer", "connection_id"}
	for name, want := range map[string]string{
		"duraton": "duration", "raeson": "reason", "REASON": "reason", "connectionid": "connection_id",
		"per": "peer", "x": "", "": "", "something": "", strings.Repeat("reason", 100): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("nearest of %.20q is %q, want %q", name, got, want)
		}
	}
}

func TestErrorTypes(t *testing.T) {
	m, L := newModule(t, Options{})
	for err, want := range map[error]string{
		tgerr.New(400, "CALL_PEER_INVALID"):                     "CALL_PEER_INVALID",
		&tgerr.Error{Type: "CALL_ENDED", Message: "it is over"}: "CALL_ENDED",
		context.Canceled:         "CANCELLED",
		context.DeadlineExceeded: "TIMEOUT",
		io.ErrUnexpectedEOF:      "NOT_CONNECTED",
		&net.OpError{Op: "dial", Err: errors.New("refused")}: "NOT_CONNECTED",
		&net.DNSError{IsTimeout: true}:                       "TIMEOUT",
		errors.New("odd"):                                    "INTERNAL",
	} {
		tb := m.ErrorTable(L, "help.getConfig", err)
		if got := tb.RawGetString("type").String(); got != want {
			t.Errorf("%v has type %s, want %s", err, got, want)
		}
	}
	if err := L.DoString(`local ok, err = help.getConfig(); assert(ok == nil and err.type == "NOT_CONNECTED", tostring(err))`); err != nil {
		t.Error(err)
	}
	over := m.ErrorTable(L, "phone.discardCall", &tgerr.Error{Type: "CALL_ENDED", Message: "it is over"})
	if got := L.ToStringMeta(over).String(); got != "phone.discardCall: CALL_ENDED: it is over" {
		t.Errorf("shown as %q", got)
	}
	for message, want := range map[string]lua.LValue{
		"FLOOD_WAIT_0": lua.LNumber(0), "SLOWMODE_WAIT_9": lua.LNumber(9), "TAKEOUT_INIT_DELAY_8": lua.LNumber(8),
		"SESSION_TOO_FRESH_7": lua.LNumber(7), "PHONE_MIGRATE_2": lua.LNil, "PHONE_PASSWORD_FLOOD": lua.LNil,
	} {
		tb := m.ErrorTable(L, "x.y", tgerr.New(420, message))
		if got := tb.RawGetString("retry_after"); got != want {
			t.Errorf("%s: retry_after is %v, want %v", message, got, want)
		}
	}
	own := m.ErrorTable(L, "x.y", &tgerr.Error{Type: "CALL_ENDED", Message: "ended by night_01.lua:3"})
	if got := own.RawGetString("argument"); got != lua.LNil {
		t.Errorf("the argument of a sentence is %v", got)
	}
}

func TestToLuaOfWhatHasNoForm(t *testing.T) {
	m, L := newModule(t, Options{})
	if got := m.ToLua(L, nil); got != lua.LNil {
		t.Errorf("nil is %v", got)
	}
	if got := m.ToLua(L, (*tg.User)(nil)); got != lua.LNil {
		t.Errorf("a nil user is %v", got)
	}
	for name, object := range map[string]bin.Object{
		"a peer beyond 2^53": &tg.PeerUser{UserID: math.MaxInt64},
		"a wrapper":          &tg.InvokeWithLayerRequest{},
		"a vector":           &tg.IntVector{},
	} {
		tb, ok := m.ToLua(L, object).(*lua.LTable)
		if !ok || tb.RawGetString("_").String() != "unknown" || tb.RawGetString("error") == lua.LNil {
			t.Errorf("%s is %v", name, tb)
		}
	}
	// Made by hand: nothing has set the flags, and what must be there is not.
	tb := m.ToLua(L, &tg.User{ID: 1, Bot: true, FirstName: "Ann"}).(*lua.LTable)
	if tb.RawGetString("bot") != lua.LTrue || tb.RawGetString("first_name").String() != "Ann" || tb.RawGetString("username") != lua.LNil {
		t.Errorf("a user without flags is %s", L.ToStringMeta(tb))
	}
	if tb := m.ToLua(L, &tg.UpdatePhoneCall{}).(*lua.LTable); tb.RawGetString("phone_call") != lua.LNil {
		t.Error("a call out of nothing")
	}
}

func TestToTLErrors(t *testing.T) {
	m, L := newModule(t, Options{})
	for _, c := range []struct {
		v        lua.LValue
		typeName string
		want     string
	}{
		{lua.LNil, "InputPeeer", `did you mean "InputPeer"?`},
		{lua.LNil, "user", "expected user, a table, got nil"},
		{m.ToLua(L, &tg.UserEmpty{ID: 1}), "user", "expected user, a table, got table userEmpty"},
		{m.ToLua(L, &tg.UserEmpty{ID: 1}), "help.getConfig", "got table userEmpty"},
		{lua.LNil, "User", "expected User, a table such as {_=\"user\", …}, got nil"},
		{lua.LNumber(5), "InputPeer", "nothing here can look one up"},
		{lua.LNumber(5), "Bool", "expected true or false, got number 5"},
	} {
		if _, err := m.ToTL(L, c.v, c.typeName); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v as %s: %v, want %s", c.v, c.typeName, err, c.want)
		}
	}
}

// What ends Lua code ends the reading of a long table.
func TestConversionIsInterrupted(t *testing.T) {
	m, L := newModule(t, Options{})
	args := L.NewTable()
	ctx, cancel := context.WithCancel(context.Background())
	L.SetContext(ctx)
	cancel()
	inputs := L.NewTable()
	for range 1000 {
		input := L.NewTable()
		input.RawSetString("_", lua.LString("inputMessagePinned"))
		inputs.Append(input)
	}
	args.RawSetString("id", inputs)
	if _, err := m.ToTL(L, args, "messages.getMessages"); err == nil || !strings.Contains(err.Error(), "interrupted: context canceled") {
		t.Errorf("ended with %v", err)
	}
}

// A host that has a metatable on _G keeps it.
func TestOpenKeepsTheMetatableOfGlobals(t *testing.T) {
	for name, script := range map[string]string{
		"function": `setmetatable(_G, {__index = function(_, name) if name == "answer" then return 42 end end})`,
		"table":    `setmetatable(_G, {__index = {answer = 42}})`,
	} {
		t.Run(name, func(t *testing.T) {
			L := lua.NewState()
			defer L.Close()
			if err := L.DoString(script); err != nil {
				t.Fatal(err)
			}
			New(Options{}).Open(L)
			if err := L.DoString(`assert(answer == 42 and nothing == nil and type(phone.discardCall) == "function")`); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNamespaces(t *testing.T) {
	names := New(Options{}).Namespaces()
	if len(names) < 20 || names[0] != "account" || !slices.Contains(names, "phone") || !slices.IsSorted(names) {
		t.Errorf("the namespaces are %q", names)
	}
}
