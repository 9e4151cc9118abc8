package tl

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// sending counts what is looked up and what is sent.
type sending struct {
	seen
	requests []string
	lookups  []string
}

func (s *sending) Invoke(_ context.Context, in bin.Encoder, _ bin.Decoder) error {
	s.requests = append(s.requests, in.(typed).TypeName())
	return errors.New("nobody answers")
}

func (s *sending) Username(_ context.Context, name string) (tg.InputPeerClass, error) {
	s.lookups = append(s.lookups, name)
	return &tg.InputPeerUser{UserID: 1}, nil
}

// What a script may not call is neither looked up nor sent, and is told of like
// any failed request; by every way there is.
func TestNotAllowed(t *testing.T) {
	far := &sending{}
	var asked []string
	var told []Request
	m, L := newModule(t, Options{
		Invoker: far,
		Peers:   far,
		Allow: func(_ *lua.LState, method string, args bin.Object) error {
			asked = append(asked, args.(typed).TypeName())
			if method == "messages.sendMessage" {
				return nil
			}
			return &tgerr.Error{Type: "NOT_ALLOWED", Message: "night.lua may not call " + method}
		},
		OnRequest: func(_ context.Context, r Request) { told = append(told, r) },
	})
	L.SetGlobal("as", m.Root(L, func(ctx context.Context) context.Context { return ctx }))
	L.SetGlobal("block", L.NewFunction(func(L *lua.LState) int {
		_, err := m.Send(L, "contacts.block", L.CheckTable(1), nil)
		L.Push(m.ErrorTable(L, "contacts.block", err))
		return 1
	}))
	if err := L.DoString(`
		local ok, err = messages.deleteHistory{peer="@bob", max_id=0}
		assert(ok == nil and err._ == "rpcError" and err.code == 0 and err.type == "NOT_ALLOWED", tostring(err))
		assert(err.method == "messages.deleteHistory" and err.message == "night.lua may not call messages.deleteHistory")
		assert(tostring(err) == "messages.deleteHistory: NOT_ALLOWED: night.lua may not call messages.deleteHistory", tostring(err))
		local ok, err = as.messages.deleteHistory{peer="@bob", max_id=0}
		assert(ok == nil and err.type == "NOT_ALLOWED")
		assert(block{id="@bob"}.type == "NOT_ALLOWED")
		local fine, err = pcall(messages.deleteHistory, {peer="@bob"})
		assert(not fine and err:find("max_id"), err) -- what is wrong comes first
		messages.sendMessage{peer="@ann", message="hi"}`); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, " "); got != "messages.deleteHistory messages.deleteHistory contacts.block messages.sendMessage" {
		t.Errorf("asked about %s", got)
	}
	if len(far.lookups) != 1 || far.lookups[0] != "ann" || len(far.requests) != 1 {
		t.Errorf("looked up %v, sent %v", far.lookups, far.requests)
	}
	if len(told) != 4 || told[0].Line == 0 || told[0].Took < 0 {
		t.Fatalf("told of %+v", told)
	}
	if e, ok := tgerr.As(told[2].Err); !ok || e.Type != "NOT_ALLOWED" || told[2].Method != "contacts.block" {
		t.Errorf("told of %+v", told[2])
	}
}

// A binding that does by itself what a method does asks first, and is told of.
func TestAllowed(t *testing.T) {
	var told []Request
	m, L := newModule(t, Options{
		Allow: func(_ *lua.LState, method string, _ bin.Object) error {
			if method == "phone.discardCall" {
				return errors.New("no")
			}
			return nil
		},
		OnRequest: func(_ context.Context, r Request) { told = append(told, r) },
	})
	if err := m.Allowed(L, "phone.acceptCall", nil); err != nil {
		t.Error(err)
	}
	if err := m.Allowed(L, "phone.discardCall", nil); err == nil || err.Error() != "no" {
		t.Errorf("the error is %v", err)
	}
	if len(told) != 1 || told[0].Method != "phone.discardCall" || m.Text(told[0].Args) == "" {
		t.Errorf("told of %+v", told)
	}
}
