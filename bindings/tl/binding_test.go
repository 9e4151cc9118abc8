package tl

import (
	"context"
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// held stands for an object, as a binding's userdata does.
type held struct{ object bin.Object }

func (h held) TL() bin.Object { return h.object }

// An object of a binding is taken where the TL object is wanted that it stands
// for, and nowhere else.
func TestObjectsOfBindings(t *testing.T) {
	far := &scripted{answer: &tg.BoolTrue{}}
	m, L := newModule(t, Options{Invoker: far})
	far.schema = m.schema
	for name, value := range map[string]any{
		"call": held{&tg.InputPhoneCall{ID: 5, AccessHash: 6}}, "reason": held{&tg.PhoneCallDiscardReasonBusy{}},
		"peer": held{&tg.InputPeerUser{UserID: 7, AccessHash: 8}}, "nothing": held{}, "else_": "else",
	} {
		ud := L.NewUserData()
		ud.Value = value
		L.SetGlobal(name, ud)
	}
	far.answer = &tg.Updates{Updates: []tg.UpdateClass{}, Users: []tg.UserClass{}, Chats: []tg.ChatClass{}}
	if err := L.DoString(`assert(phone.discardCall{peer=call, duration=0, reason=reason, connection_id="0"})`); err != nil {
		t.Fatal(err)
	}
	request := far.sent[0].(*tg.PhoneDiscardCallRequest)
	if request.Peer != (tg.InputPhoneCall{ID: 5, AccessHash: 6}) || request.Reason.TypeID() != tg.PhoneCallDiscardReasonBusyTypeID {
		t.Errorf("sent %+v", request)
	}
	for script, want := range map[string]string{
		`messages.sendMessage{peer=call, message="x"}`:                            `field "peer": expected InputPeer, an id, "@name", "self", or the table of a peer, user, chat or channel, got userdata inputPhoneCall`,
		`messages.sendMessage{peer=nothing, message="x"}`:                         `got userdata`,
		`messages.sendMessage{peer=else_, message="x"}`:                           `got userdata`,
		`messages.sendMessage{peer="self", message=call}`:                         `field "message": expected string, got userdata inputPhoneCall`,
		`users.getUsers{id={peer}}`:                                               `field "id[1]": expected InputUser`,
		`phone.receivedCall(call)`:                                                `expected a table of arguments, got userdata inputPhoneCall; write phone.receivedCall{peer=…}`,
		`messages.getMessages{id={5}}`:                                            `field "id[1]": expected InputMessage, "pinned" or a table such as {_="inputMessageID", …}, got number 5`,
		`messages.sendMessage("self", "x")`:                                       `expected a table of arguments, got string "self"; write messages.sendMessage{peer=…, message=…}`,
		`messages.sendMessage{peer="self", text="x"}`:                             `field "text": unknown field, messages.sendMessage has peer, message, no_webpage,`,
		`phone.receivedCall{peer={_="inputPhoneCall", id=call, access_hash="6"}}`: `field "peer.id": expected long, a decimal string, got userdata inputPhoneCall`,
	} {
		if err := L.DoString(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
	if len(far.sent) != 1 {
		t.Errorf("%d requests were sent", len(far.sent))
	}
}

type asKey struct{}

// Root and Send pass the context on through what was given.
func TestRootAndSend(t *testing.T) {
	var told []any
	m, L := newModule(t, Options{
		Invoker:   refusing{tgerr.New(400, "PEER_FLOOD")},
		OnRequest: func(ctx context.Context, r Request) { told = append(told, ctx.Value(asKey{}), r.Method, r.Line) },
	})
	as := func(ctx context.Context) context.Context { return context.WithValue(ctx, asKey{}, "work") }
	L.SetGlobal("work", m.Root(L, as))
	L.SetGlobal("send", L.NewFunction(func(L *lua.LState) int {
		_, err := m.Send(L, "messages.sendMessage", L.CheckTable(1), as)
		L.Push(m.ErrorTable(L, "messages.sendMessage", err))
		return 1
	}))
	err := L.DoString(`
		local ok, err = work.help.getConfig()
		assert(err.type == "PEER_FLOOD")
		help.getConfig()
		assert(send{peer="self", message="x"}.type == "PEER_FLOOD")
		assert(work.help == work.help and work.help ~= help)
		local ok, err = pcall(send, {peer="self", mesage="x"})
		assert(err:find('messages.sendMessage: field "mesage": unknown field (did you mean "message"?)', 1, true), err)
		ok, err = pcall(function() return work.hepl end)
		assert(err:find('"hepl" is not a namespace (did you mean "help"?)', 1, true), err)
		ok, err = pcall(function() return work[1] end)
		assert(err:find('is not a namespace', 1, true), err)
		ok, err = pcall(function() return work.help.getConfigs end)
		assert(err:find('help.getConfigs is not a method (did you mean "help.getConfig"?)', 1, true), err)`)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"work", "help.getConfig", 2, nil, "help.getConfig", 4, "work", "messages.sendMessage", 5}
	if len(told) != len(want) {
		t.Fatalf("told of %v", told)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told of %v, want %v", told, want)
			break
		}
	}
}

func TestUpdates(t *testing.T) {
	m := New(Options{})
	names := m.Updates()
	if len(names) < 100 {
		t.Errorf("%d updates", len(names))
	}
	for _, name := range names {
		if err := m.Event(name); err != nil {
			t.Error(err)
		}
	}
}
