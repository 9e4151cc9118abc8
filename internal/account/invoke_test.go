package account_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/account"
	"luahost/internal/simulator"
)

const state = "updates.getState"

func getState(ctx context.Context, a *running) error {
	return a.Invoke(ctx, &tg.UpdatesGetStateRequest{}, &tg.UpdatesState{})
}

func TestNotRunning(t *testing.T) {
	w := newWorld(t)
	err := w.account(w.options()).Invoke(t.Context(), &tg.UpdatesGetStateRequest{}, &tg.UpdatesState{})
	if !errors.Is(err, account.ErrNotConnected) {
		t.Errorf("the error is %v", err)
	}
}

func TestFloodWait(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	clock := newManual()
	o := w.options()
	o.Clock, o.FloodWait = clock, 40*time.Second
	a := w.run(o)
	flood := func(d time.Duration, times int) {
		w.telegram.Inject(simulator.Fault{Method: state, Err: simulator.FloodWait(d), Times: times})
	}
	done := make(chan error, 1)

	flood(10*time.Second, 2)
	go func() { done <- getState(t.Context(), a) }()
	for n := range 2 {
		w.log.await(t, "flood wait", n+1)
		clock.AwaitTimers(1)
		clock.Advance(10 * time.Second)
	}
	if err := <-done; err != nil {
		t.Errorf("waited out: %v", err)
	}
	if !strings.Contains(w.log.String(), "method="+state+" wait=10s") {
		t.Errorf("the log does not say for what and how long:\n%s", w.log)
	}

	flood(41*time.Second, 1)
	if wait, ok := tgerr.AsFloodWait(getState(t.Context(), a)); !ok || wait != 41*time.Second {
		t.Errorf("longer than allowed: %v, %v", wait, ok)
	}

	w.telegram.Inject(simulator.Fault{Method: state, Err: simulator.Refuse(420, "FLOOD_PREMIUM_WAIT_5")})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- getState(ctx, a) }()
	w.log.await(t, "flood wait", 3)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}

	flood(5*time.Second, 1)
	go func() { done <- getState(t.Context(), a) }()
	w.log.await(t, "flood wait", 4)
	a.stop()
	if err := <-done; !errors.Is(err, account.ErrNotConnected) {
		t.Errorf("the account stopped: %v", err)
	}
}

// A request that hangs ends with its context, and the connection goes on.
func TestEndedContexts(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	clock := newManual()
	o := w.options()
	o.Clock = clock
	a := w.run(o)
	w.telegram.Inject(simulator.Fault{Method: state, Delay: time.Hour, Times: 3})

	done := make(chan error, 1)
	canceled, cancel := context.WithCancel(t.Context())
	go func() { done <- getState(canceled, a) }()
	clock.AwaitTimers(1) // the one that limits the request
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := getState(canceled, a); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := getState(late, a); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past its deadline: %v", err)
	}
	go func() { done <- getState(t.Context(), a) }()
	for ended := false; !ended; { // the timer of the request before may still be there, so none is awaited
		select {
		case err := <-done:
			if ended = true; !errors.Is(err, account.ErrTimeout) {
				t.Errorf("after a minute: %v", err)
			}
		default:
			clock.Advance(time.Minute)
			runtime.Gosched()
		}
	}
	if w.log.count("connection lost") > 0 {
		t.Errorf("the connection was cut:\n%s", w.log)
	}
}

// A request that had not arrived when the connection broke is sent again.
func TestRequestOutlivesItsConnection(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	w.telegram.Inject(simulator.Fault{Method: state, Err: simulator.ErrDisconnect})
	if err := getState(t.Context(), a); err != nil {
		t.Errorf("the error is %v", err)
	}
	if w.log.count("connection lost") != 1 {
		t.Errorf("the connection was not cut:\n%s", w.log)
	}
}

// Telegram's own errors come through as they are.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	_, err := tg.NewClient(a).PhoneDiscardCall(t.Context(), &tg.PhoneDiscardCallRequest{
		Peer: tg.InputPhoneCall{ID: 1, AccessHash: 2}, Reason: &tg.PhoneCallDiscardReasonBusy{},
	})
	if !tgerr.Is(err, "CALL_PEER_INVALID") {
		t.Errorf("the error is %v", err)
	}
	if long := fmt.Sprintf("%+v", err); long != "rpc error code 400: CALL_PEER_INVALID" { // as slog prints it
		t.Errorf("at length the error is %s", long)
	}
}

// botMayNotCall checks that phone.* is refused before anything is sent: the
// embedded Telegram was ordered to answer something else.
func (w *world) botMayNotCall(a *running) {
	w.Helper()
	w.telegram.Inject(simulator.Fault{Method: "phone.getCallConfig", Err: simulator.Refuse(500, "ASKED"), Times: -1})
	_, err := tg.NewClient(a).PhoneGetCallConfig(w.Context())
	rpc, ok := tgerr.As(err)
	if !ok || rpc.Code != 400 || rpc.Type != "BOT_METHOD_INVALID" {
		w.Errorf("the error is %v", err)
	}
	line(w.TB, err, "phone.getCallConfig is for users only")
	if !strings.Contains(rpc.Message, "phone.getCallConfig is for users only") { // what a script is shown
		w.Errorf("the message is %q", rpc.Message)
	}
	if err := getState(w.Context(), a); err != nil {
		w.Errorf("another method: %v", err)
	}
}

func TestUsernames(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	bob, err := a.Username(t.Context(), "@bob_The_friend")
	if user, ok := bob.(*tg.InputPeerUser); err != nil || !ok || user.UserID != w.bob || user.AccessHash == 0 {
		t.Fatalf("resolved to %v, %v", bob, err)
	}
	w.telegram.Inject(simulator.Fault{Method: "contacts.resolveUsername", Err: simulator.Refuse(500, "ASKED_AGAIN")})
	again, err := a.Username(t.Context(), "Bob_the_friend")
	if user, ok := again.(*tg.InputPeerUser); err != nil || !ok || user.UserID != w.bob {
		t.Errorf("the second time: %v, %v", again, err)
	}
	if _, err := a.Username(t.Context(), "nobody_here"); !tgerr.Is(err, "ASKED_AGAIN") {
		t.Errorf("an unknown name: %v", err)
	}
	if _, err := a.Username(t.Context(), "nobody_here"); !tgerr.Is(err, "USERNAME_NOT_OCCUPIED") {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestUnseenPeers(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	a := w.run(w.options())
	for _, id := range []int64{0, 1, -1, -1000000000001, 1<<52 - 1} {
		if p, ok := a.Peer(t.Context(), id); ok {
			t.Errorf("peer %d is %v", id, p)
		}
	}
	if _, ok := a.Peer(t.Context(), w.ann); !ok {
		t.Error("the account has not seen itself")
	}
	if hash, ok := a.Call(t.Context(), 0); ok {
		t.Errorf("call 0 has the access hash %d", hash)
	}
}
