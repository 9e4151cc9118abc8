package tl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

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

// Whoever watches requests gets gotd's types, and gotd's own hooks find theirs.
func TestAnswersAreTyped(t *testing.T) {
	far := &scripted{}
	var results, outputs []string
	m, L := newModule(t, Options{
		Invoker: watching{far, func(out bin.Decoder) { outputs = append(outputs, fmt.Sprintf("%T", out)) }},
		OnRequest: func(_ context.Context, r Request) {
			results = append(results, fmt.Sprintf("%T", r.Result))
		},
	})
	far.schema = m.schema
	for _, c := range []struct {
		answer         bin.Encoder
		script         string
		result, output string
	}{
		{
			&tg.Updates{}, `messages.sendMessage{peer="self", message=""}`,
			"*tg.Updates", "*tg.UpdatesBox",
		},
		{
			&tg.MessagesAffectedMessages{}, `messages.deleteMessages{id={1}}`,
			"*tg.MessagesAffectedMessages", "*tg.MessagesAffectedMessages",
		},
		{&tg.BoolTrue{}, `account.updateStatus{offline=true}`, "*tg.BoolTrue", "*tl.answer"},
		{&tg.UserClassVector{}, `users.getUsers{id={"self"}}`, "*tg.UserClassVector", "*tl.answer"},
		{&Unknown{Raw: []byte{1, 2, 3, 4}}, `help.getConfig()`, "*tl.Unknown", "*tl.answer"},
	} {
		far.answer = c.answer
		if err := L.DoString("assert(" + c.script + ")"); err != nil {
			t.Fatal(err)
		}
		if got := results[len(results)-1]; got != c.result {
			t.Errorf("%s reported %s, want %s", c.script, got, c.result)
		}
		if got := outputs[len(outputs)-1]; got != c.output {
			t.Errorf("%s was decoded into %s, want %s", c.script, got, c.output)
		}
	}
}

// watching shows a test what the answer is decoded into.
type watching struct {
	tg.Invoker
	see func(out bin.Decoder)
}

func (w watching) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	w.see(out)
	return w.Invoker.Invoke(ctx, in, out)
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
