package tl

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"sync"
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

// refusing answers every request with an error.
type refusing struct{ error }

func (r refusing) Invoke(context.Context, bin.Encoder, bin.Decoder) error { return r.error }

func TestRequestIsReported(t *testing.T) {
	type account struct{}
	var got []Request
	var told []string
	refused := tgerr.New(400, "CALL_ALREADY_ACCEPTED")
	_, L := newModule(t, Options{
		Invoker: refusing{refused},
		Peers:   seen{},
		Block: func(_ *lua.LState, fn func(ctx context.Context)) error {
			fn(context.WithValue(context.Background(), account{}, "work"))
			return nil
		},
		OnRequest: func(ctx context.Context, r Request) {
			got = append(got, r)
			told = append(told, ctx.Value(account{}).(string))
		},
	})
	fn, err := L.Load(strings.NewReader("\nphone.discardCall{peer=7, duration=0, reason='busy', connection_id='0'}\nphone.receivedCall{peer=8}"), "night.lua")
	if err != nil {
		t.Fatal(err)
	}
	if err := L.CallByParam(lua.P{Fn: fn, Protect: true}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || told[0] != "work" {
		t.Fatalf("%d requests, told of %v", len(got), told)
	}
	r := got[0]
	if r.Method != "phone.discardCall" || r.Script != "night.lua" || r.Line != 2 || r.Began.IsZero() || r.Result != nil {
		t.Errorf("reported %+v", r)
	}
	if !errors.Is(r.Err, refused) {
		t.Errorf("the error is %v", r.Err)
	}
	if args, ok := r.Args.(*tg.PhoneDiscardCallRequest); !ok || args.Peer.AccessHash != -7 {
		t.Errorf("the request is %+v", r.Args)
	}
	if e, ok := tgerr.As(got[1].Err); !ok || e.Type != "CALL_PEER_INVALID" || got[1].Line != 3 {
		t.Errorf("the second is %+v", got[1])
	}
}

// A host that does not let a method block has its reason raised at the caller.
func TestRefusedToBlock(t *testing.T) {
	_, L := newModule(t, Options{
		Invoker: refusing{errors.New("sent")},
		Block: func(*lua.LState, func(ctx context.Context)) error {
			return errors.New("a script cannot call Telegram while it loads")
		},
	})
	err := L.DoString("\nhelp.getConfig()")
	if err == nil || !strings.Contains(err.Error(), "<string>:2: help.getConfig: a script cannot call Telegram while it loads") {
		t.Errorf("raised %v", err)
	}
}

// waiting is a host whose look-up of a name takes until the test lets it go.
type waiting struct {
	seen
	asked, found chan struct{}
}

func (w waiting) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	w.asked <- struct{}{}
	<-w.found
	return w.seen.Username(ctx, name)
}

// While a look-up blocks, another handler of the script may change the table that
// was given. The request stays as it was.
func TestTableChangedDuringLookUp(t *testing.T) {
	far := &scripted{err: context.Canceled}
	peers := waiting{asked: make(chan struct{}), found: make(chan struct{})}
	var vm sync.Mutex
	m, L := newModule(t, Options{
		Invoker: far, Peers: peers,
		Block: func(_ *lua.LState, fn func(ctx context.Context)) error {
			vm.Unlock()
			defer vm.Lock()
			fn(context.Background())
			return nil
		},
	})
	far.schema = m.schema
	other, _ := L.NewThread()
	done := make(chan error)
	go func() {
		vm.Lock()
		defer vm.Unlock()
		done <- L.DoString(`args = {peer="@ann", message="hi", entities={{_="messageEntityBold", offset=0, length=1}}}
			local ok, err = messages.sendMessage(args)
			assert(ok == nil and err.type == "CANCELLED")`)
	}()
	<-peers.asked
	vm.Lock()
	if err := other.DoString(`args.peer, args.message, args.entities[1] = nil, 5, nil; args.x = 1`); err != nil {
		t.Fatal(err)
	}
	vm.Unlock()
	peers.found <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	sent := far.sent[0].(*tg.MessagesSendMessageRequest)
	if sent.Message != "hi" || len(sent.Entities) != 1 || sent.Peer.(*tg.InputPeerUser).UserID != 1001 {
		t.Errorf("sent %+v", sent)
	}
}

// One module serves many VMs at once, and they may convert the same object.
func TestManyVMs(t *testing.T) {
	m := New(Options{Invoker: silent{&tg.UpdatesTooLong{}}})
	update := ringing(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			L := lua.NewState()
			defer L.Close()
			m.Open(L)
			for range 50 {
				L.SetGlobal("update", m.ToLua(L, update))
				err := L.DoString(`assert(update.users[1].contact and not update.users[1].bot)
					assert(phone.discardCall{peer=update.updates[1].phone_call, duration=0, reason="busy", connection_id="0"})`)
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
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
	zero := m.ErrorTable(L, "x.y", tgerr.New(420, "FLOOD_WAIT_0"))
	if zero.RawGetString("retry_after") != lua.LNumber(0) {
		t.Errorf("retry_after is %v", zero.RawGetString("retry_after"))
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
		{lua.LNil, "User", "expected User, got nil"},
		{lua.LNumber(5), "InputPeer", "nothing here can look one up"},
		{lua.LNumber(5), "Bool", "expected Bool, got number 5"},
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

// Without Block a request has the context of the Lua state.
func TestContextOfTheState(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reached := false
	_, L := newModule(t, Options{Invoker: invokerFunc(func(ctx context.Context) error {
		cancel()
		reached = ctx.Err() != nil
		return ctx.Err()
	})})
	L.SetContext(ctx)
	if err := L.DoString(`pcall(help.getConfig)`); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("the script ended with %v", err)
	}
	if !reached {
		t.Error("the request had another context")
	}
}

type invokerFunc func(ctx context.Context) error

func (f invokerFunc) Invoke(ctx context.Context, _ bin.Encoder, _ bin.Decoder) error { return f(ctx) }
