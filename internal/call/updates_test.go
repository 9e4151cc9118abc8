package call_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

type (
	encoder = bin.Encoder
	decoder = bin.Decoder
)

func (w *world) requested(id int64) *tg.UpdatePhoneCall {
	return &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{
		ID: id, AccessHash: 1, AdminID: w.bob, ParticipantID: w.ann, GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
	}}
}

func ended(id int64, reason tg.PhoneCallDiscardReasonClass) *tg.UpdatePhoneCall {
	p := &tg.PhoneCallDiscarded{ID: id}
	if reason != nil {
		p.SetReason(reason)
	}
	return &tg.UpdatePhoneCall{PhoneCall: p}
}

func entry(id int64, with int64, reason tg.PhoneCallDiscardReasonClass, seconds int) *tg.MessageService {
	action := &tg.MessageActionPhoneCall{CallID: id}
	if reason != nil {
		action.SetReason(reason)
	}
	if seconds > 0 {
		action.SetDuration(seconds)
	}
	return &tg.MessageService{PeerID: &tg.PeerUser{UserID: with}, Date: int(evening.Unix()), Action: action}
}

func TestLateAndDoubledUpdatesDoNotRing(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	if again := w.book.Update(w.home.Account, w.requested(c.ID()), nil); again != c {
		t.Error("the same call was made twice")
	}
	w.must(end.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0))
	w.wantOutcome(c, call.Missed)
	for range 3 {
		if late := w.book.Update(w.home.Account, w.requested(c.ID()), nil); late != nil {
			t.Error("a call that is over rings again")
		}
		w.book.Update(w.home.Account, ended(c.ID(), nil), nil)
	}
	if events := w.saw(c); events != "call call.ended done" {
		t.Errorf("events %q", events)
	}
}

func TestEndBeforeTheRing(t *testing.T) {
	w := newWorld(t)
	w.book.Update(w.home.Account, ended(5, nil), nil)
	w.book.Update(w.home.Account, ended(5, &tg.PhoneCallDiscardReasonMissed{}), nil)
	w.book.Update(w.home.Account, ended(5, nil), nil) // once more, and late
	c := w.book.Update(w.home.Account, w.requested(5), nil)
	w.wantOutcome(c, call.Missed)
	if events := w.saw(c); events != "call.ended done" {
		t.Errorf("events %q", events)
	}
}

func TestSomebodyElsesCallIsNotOurs(t *testing.T) {
	w := newWorld(t)
	waiting := &tg.PhoneCallWaiting{ID: 6, AdminID: w.bob, ParticipantID: w.ann}
	if c := w.book.Update(w.home.Account, &tg.UpdatePhoneCall{PhoneCall: waiting}, nil); c != nil {
		t.Error("an accept of another device was taken for a call of our own")
	}
	if c := w.book.Update(w.home.Account, &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallEmpty{ID: 6}}, nil); c != nil {
		t.Error("phoneCallEmpty is no call")
	}
}

func TestBothEndsAreAccountsOfOneHost(t *testing.T) {
	w := newWorld(t)
	shop := w.login(w.bob, "shop")
	out := w.dial()
	in, ok := w.book.Find(w.bob, out.ID())
	if !ok || in == out || in.ID() != out.ID() || in.Account().Name != "shop" || in.Account().Invoker != shop.Invoker {
		t.Fatal("the two ends are not two calls")
	}
	w.must(out.Wait(t.Context(), call.Ringing))
	if live := w.book.Active(0); len(live) != 2 {
		t.Errorf("%d calls are active", len(live))
	}
	w.must(in.Decline(t.Context(), night, ""))
	w.wantOutcome(out, call.Busy)
	<-in.Over()
	if in.Outcome() != call.Declined {
		t.Errorf("the callee's end: %s", in.Outcome())
	}
	mine, _, err := w.db.CallOf(t.Context(), w.ann, out.ID())
	w.must(err)
	theirs, _, err := w.db.CallOf(t.Context(), w.bob, out.ID())
	w.must(err)
	if mine.Outcome != "busy" || theirs.Outcome != "declined" || mine.AccessHash == theirs.AccessHash {
		t.Errorf("the log has %+v and %+v", mine, theirs)
	}
}

func TestInterrupted(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.close()
	w.wantOutcome(c, call.Interrupted)
	if err := c.Decline(t.Context(), night, ""); err == nil {
		t.Error("declined after the end of the host")
	}
	if late := w.book.Update(w.home.Account, w.requested(9), nil); late != nil {
		t.Error("a call after the end of the host")
	}

	// The next run hears from Telegram's history what became of it.
	w.open(call.Options{})
	w.book.Ready(t.Context(), w.home.Account)
	w.book.Message(w.home.Account, entry(c.ID(), w.bob, &tg.PhoneCallDiscardReasonBusy{}, 0), nil)
	w.wantRow(c.ID(), call.DeclinedElsewhere)
}

// wantRow waits until the log has an outcome.
func (w *world) wantRow(id int64, want call.Outcome) {
	w.Helper()
	w.settled()
	if row := w.row(id); row.Outcome != string(want) || row.State != store.Ended {
		w.Errorf("the log has %s, %q; want %q", row.State, row.Outcome, want)
	}
}

// settled returns when the Book has worked through the history: its run ends
// after that, and a new one begins.
func (w *world) settled() {
	w.close()
	w.open(call.Options{})
}

func TestRowsThatACrashLeftOpen(t *testing.T) {
	w := newWorld(t)
	left := store.Call{Owner: w.ann, ID: 8, Peer: w.bob, Incoming: true, State: "ringing", Date: evening}
	w.db.NoteCall(left)
	accepted := left
	accepted.ID, accepted.State, accepted.Decision = 9, "active", "accept"
	w.db.NoteCall(accepted)
	w.settled()
	w.book.Ready(t.Context(), w.home.Account)
	for _, id := range []int64{8, 9} {
		if row := w.row(id); row.Outcome != "interrupted" || row.State != store.Ended || row.Ended.IsZero() {
			t.Errorf("the log has %+v", row)
		}
	}
	w.book.Message(w.home.Account, entry(8, w.bob, &tg.PhoneCallDiscardReasonMissed{}, 0), nil)
	w.book.Message(w.home.Account, entry(9, w.bob, &tg.PhoneCallDiscardReasonHangup{}, 12), nil)
	w.wantRow(8, call.Missed)
	w.wantRow(9, call.Answered)
	if row := w.row(9); row.Talk != 12*time.Second {
		t.Errorf("talked for %v", row.Talk)
	}
}

// TestEndBeforeReady: Telegram's word of a call that a crash left open comes
// before the account is ready.
func TestEndBeforeReady(t *testing.T) {
	w := newWorld(t)
	w.db.NoteCall(store.Call{Owner: w.ann, ID: 8, Peer: w.bob, Incoming: true, State: "ringing", Date: evening})
	w.settled()
	w.book.Update(w.home.Account, ended(8, &tg.PhoneCallDiscardReasonBusy{}), nil)
	w.book.Ready(t.Context(), w.home.Account)
	w.wantRow(8, call.DeclinedElsewhere)
}

// TestRowThatIsKeptLate: the disk is slow, and the call has gone on since.
func TestRowThatIsKeptLate(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	stale := w.row(c.ID())
	stale.State = "requested"
	w.must(c.KeepRow(t.Context(), stale))
	w.settleTimers(c)
	if row := w.row(c.ID()); row.State != "ringing" {
		t.Errorf("the log has %s", row.State)
	}
	w.must(end.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0))
	w.wantOutcome(c, call.Missed)
	w.close() // so that nobody else can put it right
	w.must(c.KeepRow(t.Context(), stale))
	w.wantOutcome(c, call.Missed)
}

// TestReadyLeavesAloneWhatGoesOn: a call may ring before the account is ready.
func TestReadyLeavesAloneWhatGoesOn(t *testing.T) {
	w := newWorld(t)
	w.settled()
	_, c := w.ring()
	w.settleTimers(c) // it has rung, and is in the log as ringing
	w.book.Ready(t.Context(), w.home.Account)
	if row := w.row(c.ID()); row.State != "ringing" || row.Outcome != "" {
		t.Errorf("the log has %+v", row)
	}
}

// TestHistoryIsFiledBeforeTheEnd: nothing that Telegram has told is lost.
func TestHistoryIsFiledBeforeTheEnd(t *testing.T) {
	w := newWorld(t)
	for id := range int64(20) {
		book := call.New(call.Options{Clock: w.clock, Store: w.db})
		book.Message(w.home.Account, entry(id, w.bob, &tg.PhoneCallDiscardReasonMissed{}, 0), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w.must(book.Run(ctx))
		if row := w.row(id); row.Outcome != "missed" {
			t.Errorf("the log has %+v", row)
		}
	}
}

func TestCallsThatNobodySaw(t *testing.T) {
	w := newWorld(t)
	bob := []tg.UserClass{&tg.User{ID: w.bob, FirstName: "Bob", Phone: "15550002"}}
	out := entry(4, w.bob, &tg.PhoneCallDiscardReasonHangup{}, 9)
	out.Out = true
	w.book.Message(w.home.Account, entry(1, w.bob, &tg.PhoneCallDiscardReasonMissed{}, 0), bob)
	w.book.Message(w.home.Account, entry(2, w.bob, &tg.PhoneCallDiscardReasonBusy{}, 0), bob)
	w.book.Message(w.home.Account, entry(3, w.bob, &tg.PhoneCallDiscardReasonHangup{}, 60), bob)
	w.book.Message(w.home.Account, out, bob)
	if c := w.book.Update(w.home.Account, w.requested(1), nil); c != nil {
		t.Error("a call of the past rings")
	}
	w.settled()
	for id, want := range map[int64]call.Outcome{1: call.Missed, 2: call.DeclinedElsewhere, 3: call.AnsweredElsewhere, 4: call.Answered} {
		w.wantRow(id, want)
	}
	if row := w.row(1); row.Name != "Bob" || !row.Incoming || !row.Date.Equal(evening) || row.Peer != w.bob {
		t.Errorf("the log has %+v", row)
	}
	w.book.Message(w.home.Account, entry(1, w.bob, &tg.PhoneCallDiscardReasonBusy{}, 0), bob) // once more, and it is known better
	w.wantRow(1, call.Missed)
}

// TestHistorySettles: the entry may come before the phoneCallDiscarded.
func TestHistorySettles(t *testing.T) {
	w := newWorld(t)
	c := w.book.Update(w.home.Account, w.requested(3), nil)
	w.book.Update(w.home.Account, ended(3, nil), nil)
	w.book.Message(w.home.Account, entry(3, w.bob, &tg.PhoneCallDiscardReasonHangup{}, 30), nil)
	w.wantOutcome(c, call.AnsweredElsewhere)
	if c.Duration() != 30*time.Second {
		t.Errorf("talked for %v", c.Duration())
	}
}

// TestTakenElsewhereAndNeverHeardOf: after an hour the call is let go, and the
// history still corrects the log.
func TestTakenElsewhereAndNeverHeardOf(t *testing.T) {
	w := newWorld(t)
	c := w.book.Update(w.home.Account, w.requested(3), nil)
	w.book.Update(w.home.Account, ended(3, nil), nil)
	<-c.Decided()
	w.settleTimers(c)
	w.clock.Advance(time.Hour)
	w.wantOutcome(c, call.EndedElsewhere)
	w.book.Message(w.home.Account, entry(3, w.bob, &tg.PhoneCallDiscardReasonHangup{}, 5000), nil)
	w.wantRow(3, call.AnsweredElsewhere)
}

// settleTimers returns when the owner of c has done all that it was given.
func (w *world) settleTimers(c *call.Call) {
	_ = c.Hangup(w.Context(), night, "") // refused, by the owner
}

func TestUpdatesFromEverywhere(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for id := range int64(50) {
				w.book.Update(w.home.Account, w.requested(100+id), nil)
				w.book.Active(0)
				w.book.Update(w.home.Account, ended(100+id, &tg.PhoneCallDiscardReasonMissed{}), nil)
				w.book.Find(w.ann, 100+id)
			}
		})
	}
	wg.Wait()
	w.close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, events := range w.events {
		if n := len(events); n < 2 || n > 3 || events[n-1] != "done" || events[n-2] != call.EventEnded {
			t.Errorf("call %d: %v", id, events)
		}
	}
	if len(w.events) != 50 {
		t.Errorf("%d calls", len(w.events))
	}
}
