package account_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/account"
	"luahost/internal/simulator"
)

func TestACallComesOnceAndIsDeclined(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	if a.Self().ID != w.ann || a.Bot() {
		t.Errorf("logged in as %d, bot %v", a.Self().ID, a.Bot())
	}
	call := w.ring()
	if hash, ok := a.Call(t.Context(), call.ID); !ok || hash != call.AccessHash {
		t.Errorf("the call's access hash is %d, %v; want %d", hash, ok, call.AccessHash)
	}
	bob, ok := a.Peer(t.Context(), w.bob)
	if user, isUser := bob.(*tg.InputPeerUser); !ok || !isUser || user.UserID != w.bob || user.AccessHash == 0 {
		t.Errorf("the caller is %v, %v", bob, ok)
	}
	answer, err := tg.NewClient(a).PhoneDiscardCall(t.Context(), &tg.PhoneDiscardCallRequest{
		Peer: tg.InputPhoneCall{ID: call.ID, AccessHash: call.AccessHash}, Reason: &tg.PhoneCallDiscardReasonBusy{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if all, ok := answer.(*tg.Updates); !ok || len(all.Updates) == 0 {
		t.Errorf("the answer is %v", answer)
	}
	ends := 0
	w.write("after the call") // what comes after it tells that nothing more came before
	next(w, func(u tg.UpdateClass) bool {
		if call, ok := u.(*tg.UpdatePhoneCall); ok {
			if _, ended := call.PhoneCall.(*tg.PhoneCallDiscarded); ended {
				ends++
			}
		}
		m, ok := u.(*tg.UpdateNewMessage)
		if !ok {
			return false
		}
		text, ok := m.Message.(*tg.Message)
		return ok && text.Message == "after the call"
	})
	if ends != 1 {
		t.Errorf("the end of the call was told %d times", ends)
	}
	if calls := w.telegram.Calls(); len(calls) != 1 || calls[0].Reason != simulator.Busy {
		t.Errorf("Telegram's record is %+v", calls)
	}
	a.stop()
	if err := a.ended(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// What came while luahost was off is told at the next start, and only that.
func TestMessagesAreToldOnceOverAPause(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	w.write("one")
	w.message("one")
	peer, _ := a.Peer(t.Context(), w.bob)
	if _, err := tg.NewClient(a).MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: peer, Message: "mine", RandomID: randomID(),
	}); err != nil {
		t.Fatal(err)
	}
	if m := w.message("mine"); !m.Out {
		t.Error("our own message is not marked as outgoing")
	}
	a.stop()
	_ = a.ended()
	w.write("while off")
	w.run(w.options())
	w.message("while off")
	w.write("two")
	w.message("two")
}

func TestConnectionIsLostAndComesBack(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	addr := w.server.Addr().String()
	w.stop()
	w.log.await(t, "connection lost, trying again", 1)
	w.write("in between")
	w.serve(addr)
	w.log.await(t, "connected again", 1)
	w.message("in between")
	w.ring()
	if n := w.log.count("connection lost"); n != 1 {
		t.Errorf("the loss was logged %d times", n)
	}
	if strings.Contains(w.log.String(), ".go:") {
		t.Errorf("the log shows stacks:\n%s", w.log)
	}
	a.stop()
	_ = a.ended()
}

// Behind a tunnel a server does not know its own address.
func TestServerThatNamesAWrongAddress(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	w.telegram.SetAddress("192.0.2.1", 1)
	w.run(w.options())
	w.server.Disconnect()
	w.log.await(t, "connected again", 1)
	w.ring()
}

func TestSessionRevokedInTheMiddle(t *testing.T) {
	for name, notice := range map[string]func(w *world, a *running){
		"request": func(w *world, a *running) { _, _ = tg.NewClient(a).UpdatesGetState(w.Context()) },
		"connect": func(w *world, _ *running) { w.server.Disconnect() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.logIn()
			a := w.run(w.options())
			w.telegram.Revoke(w.ann)
			notice(w, a)
			err := a.ended()
			if !errors.Is(err, account.ErrRevoked) {
				t.Errorf("Run returned %v", err)
			}
			line(t, err, "AUTH_KEY_UNREGISTERED", "log in again: luahost login main")
		})
	}
}

func TestSessionRevokedBefore(t *testing.T) {
	for method, fault := range map[string]error{
		"users.getUsers": simulator.Refuse(401, "SESSION_REVOKED"),
		"help.getConfig": simulator.Refuse(406, "AUTH_KEY_DUPLICATED"), // the first request of all
	} {
		t.Run(method, func(t *testing.T) {
			w := newWorld(t)
			w.logIn()
			w.telegram.Inject(simulator.Fault{Method: method, Err: fault, Times: -1})
			a, _ := w.start(w.options())
			err := a.ended()
			if !errors.Is(err, account.ErrRevoked) {
				t.Errorf("Run returned %v", err)
			}
			line(t, err, fault.(*tgerr.Error).Type, "log in again: luahost login main")
		})
	}
}

// What passes by itself is waited for, and is no reason to end.
func TestTelegramIsNotWellAtTheStart(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	clock := newManual()
	o := w.options()
	o.Clock = clock
	order := func(fault error) (remove func()) {
		return w.telegram.Inject(simulator.Fault{Method: "users.getUsers", Err: fault, Times: -1})
	}
	remove := order(simulator.Refuse(500, "INTERNAL"))
	_, ready := w.start(o)
	for n, next := range []error{simulator.Refuse(-503, "Timeout"), simulator.FloodWait(time.Hour), nil} {
		w.log.await(t, "not known yet who is logged in", n+1)
		remove()
		if next != nil {
			remove = order(next)
		}
		clock.AwaitTimers(1)
		clock.Advance(time.Hour)
	}
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("not ready\n%s", w.log)
	}
}

// A call rings for a minute: it does not wait for what else there may be to tell.
func TestACallDoesNotWaitForTheOtherUpdates(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	remove := w.telegram.Inject(simulator.Fault{Method: state, Err: simulator.Refuse(500, "INTERNAL"), Times: -1})
	clock := newManual()
	o := w.options()
	o.Clock = clock
	a, ready := w.start(o)
	w.log.await(t, "updates interrupted, trying again", 1)
	w.ring()
	select {
	case <-ready:
		t.Error("it claims to take all updates")
	case err := <-a.done:
		t.Fatalf("Run returned %v", err)
	default:
	}
	remove()
	clock.AwaitTimers(1)
	clock.Advance(time.Minute)
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("not ready\n%s", w.log)
	}
}

func TestApplicationThatTelegramDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	w.telegram.Inject(simulator.Fault{Method: "help.getConfig", Err: simulator.Refuse(400, "CONNECTION_API_ID_INVALID"), Times: -1})
	a, _ := w.start(w.options())
	line(t, a.ended(), "api_id", "https://my.telegram.org")
}

func TestNobodyIsLoggedIn(t *testing.T) {
	w := newWorld(t)
	for _, prepare := range []func(){
		func() {}, // there is no session
		func() { w.saveSession("main", w.keys[0]) },
	} {
		prepare()
		a, _ := w.start(w.options())
		err := a.ended()
		if !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("Run returned %v", err)
		}
		if err.Error() != "not logged in: run luahost login main first" {
			t.Errorf("the error is %q", err)
		}
	}
}

func TestServerWithAnotherKey(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	other := *o.ServerKey
	other.E = 3
	o.ServerKey = &other
	o.Prompt = nobody{}
	for name, f := range map[string]func(context.Context) error{
		"run":   func(ctx context.Context) error { return w.account(o).Run(ctx, func() {}) },
		"login": w.account(o).Login,
	} {
		t.Run(name, func(t *testing.T) {
			err := f(t.Context())
			if !errors.Is(err, account.ErrWrongKey) {
				t.Errorf("it returned %v", err)
			}
			line(t, err, "server_key", o.Server)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	o := w.options()
	o.Prompt = nobody{}
	w.stop()
	err := w.account(o).Login(t.Context())
	if !errors.Is(err, account.ErrUnreachable) {
		t.Errorf("Login returned %v", err)
	}
	line(t, err, o.Server, "connection refused")

	clock := newManual()
	o.Clock = clock
	a, _ := w.start(o)
	w.log.await(t, "server cannot be reached, trying again", 2) // one of Login, one of Run
	done := make(chan error, 1)
	go func() { done <- getState(t.Context(), a) }()
	clock.AwaitTimers(1)
	clock.Advance(time.Minute)
	if err := <-done; !errors.Is(err, account.ErrNotConnected) {
		t.Errorf("a request was answered with %v", err)
	}
	a.stop()
	if err := a.ended(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
	if n := w.log.count("cannot be reached"); n != 2 {
		t.Errorf("it was logged %d times", n)
	}
}

func TestServerThatSaysNothing(t *testing.T) {
	w := newWorld(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	o := w.options()
	o.Server, o.Prompt = silent.Addr().String(), nobody{}
	clock := newManual()
	o.Clock = clock
	done := make(chan error, 1)
	a := w.account(o)
	go func() { done <- a.Login(t.Context()) }()
	clock.AwaitTimers(1)
	clock.Advance(o.ConnectTimeout + 20e9)
	err = <-done
	if !errors.Is(err, account.ErrUnreachable) {
		t.Errorf("Login returned %v", err)
	}
	line(t, err, "no answer from "+o.Server)
}
