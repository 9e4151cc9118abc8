package call_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/call"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// TestOutcomes tells a story for each way in which a call ends, against the
// embedded Telegram.
func TestOutcomes(t *testing.T) {
	busy, missed, hangup := &tg.PhoneCallDiscardReasonBusy{}, &tg.PhoneCallDiscardReasonMissed{}, &tg.PhoneCallDiscardReasonHangup{}
	for _, story := range []struct {
		name    string
		tell    func(w *world) *call.Call
		outcome call.Outcome
		reason  string
		events  string
		talk    time.Duration
	}{
		{"a rule declines", func(w *world) *call.Call {
			_, c := w.ring()
			w.must(c.Decline(w.Context(), night, ""))
			return c
		}, call.Declined, "busy", "call call.ended done", 0},

		{"the caller gives up", func(w *world) *call.Call {
			end, c := w.ring()
			w.must(end.HangUp(w.Context(), missed, 0))
			return c
		}, call.Missed, "missed", "call call.ended done", 0},

		{"nobody answers", func(w *world) *call.Call {
			_, c := w.ring()
			w.clock.Advance(90 * time.Second)
			return c
		}, call.Missed, "missed", "call call.ended done", 0},

		{"another device declines", func(w *world) *call.Call {
			_, c := w.ring()
			w.must(w.onTablet().HangUp(w.Context(), busy, 0))
			return c
		}, call.DeclinedElsewhere, "busy", "call call.ended done", 0},

		{"another device answers", func(w *world) *call.Call {
			end, c := w.ring()
			w.must(w.onTablet().Accept(w.Context()))
			<-c.Decided()
			if c.State() != call.Ended || c.Outcome() != "" {
				w.Errorf("while the other device talks: %s, %q", c.State(), c.Outcome())
			}
			w.must(end.Confirm(w.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
			w.clock.Advance(time.Minute)
			w.must(end.HangUp(w.Context(), hangup, 60))
			return c
		}, call.AnsweredElsewhere, "hangup", "call call.ended done", time.Minute},

		{"another device answers and does not connect", func(w *world) *call.Call {
			_, c := w.ring()
			w.must(w.onTablet().Accept(w.Context()))
			w.clock.Advance(30 * time.Second)
			return c
		}, call.EndedElsewhere, "disconnect", "call call.ended done", 0},

		{"answered, and the caller hangs up", func(w *world) *call.Call {
			end, c := w.answered()
			w.clock.Advance(20 * time.Second)
			if c.Duration() != 20*time.Second {
				w.Errorf("talked for %v", c.Duration())
			}
			w.must(end.HangUp(w.Context(), hangup, 20))
			return c
		}, call.Answered, "hangup", "call call.accepted call.active call.ended done", 20 * time.Second},

		{"answered, and a script hangs up", func(w *world) *call.Call {
			_, c := w.answered()
			w.clock.Advance(5 * time.Second)
			w.must(c.Hangup(w.Context(), other, ""))
			return c
		}, call.Answered, "hangup", "call call.accepted call.active call.ended done", 5 * time.Second},

		{"answered, without sound", func(w *world) *call.Call {
			_, c := w.answered()
			w.clock.Advance(30 * time.Second)
			return c
		}, call.Failed, "disconnect", "call call.accepted call.active call.ended done", 30 * time.Second},

		{"accepted, and the caller is silent", func(w *world) *call.Call {
			_, c := w.ring()
			w.must(c.Accept(w.Context(), night))
			w.clock.Advance(30 * time.Second)
			return c
		}, call.Failed, "disconnect", "call call.accepted call.ended done", 0},

		{"answered, and the line breaks", func(w *world) *call.Call {
			_, c := w.answered()
			w.must(w.sim.Packets(c.ID(), false))
			w.clock.Advance(10 * time.Second)
			return c
		}, call.Disconnected, "disconnect", "call call.accepted call.active call.ended done", 10 * time.Second},

		{"ignored", func(w *world) *call.Call {
			end, c := w.ring()
			w.must(c.Ignore(w.Context(), night))
			<-c.Decided()
			w.must(end.HangUp(w.Context(), missed, 0))
			return c
		}, call.Missed, "missed", "call call.ended done", 0},

		{"accepted, and the caller hangs up at once", func(w *world) *call.Call {
			end, c := w.ring()
			w.must(c.Accept(w.Context(), night))
			w.must(end.HangUp(w.Context(), hangup, 0))
			return c
		}, call.HungUp, "hangup", "call call.accepted call.ended done", 0},
	} {
		t.Run(story.name, func(t *testing.T) {
			w := newWorld(t)
			c := story.tell(w)
			w.wantOutcome(c, story.outcome)
			if row := w.row(c.ID()); row.Reason != story.reason || row.Talk != story.talk || c.Duration() != story.talk {
				t.Errorf("reason %q, talked for %v and %v; want %q, %v", row.Reason, row.Talk, c.Duration(), story.reason, story.talk)
			}
			if events := w.saw(c); events != story.events {
				t.Errorf("events %q, want %q", events, story.events)
			}
			if live := w.book.Active(0); len(live) != 0 {
				t.Errorf("%d calls are still going on", len(live))
			}
		})
	}
}

func TestWhatACallTells(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	w.clock.Advance(3 * time.Second)
	if c.ID() != end.ID() || c.From().ID != w.bob || c.From().FirstName != "Bob" || !c.Incoming() || c.Video() ||
		!c.Date().Equal(evening) || c.Ring() != 3*time.Second || c.Duration() != 0 || c.Account().Name != "home" {
		t.Errorf("the call is not told as it is: %+v", c.From())
	}
	if live := w.book.Active(w.ann); len(live) != 1 || live[0] != c {
		t.Errorf("active: %v", live)
	}
	if _, _, ok := c.Decision(); ok {
		t.Error("nobody has decided")
	}
	w.must(c.Decline(t.Context(), night, "hangup"))
	if kind, by, ok := c.Decision(); kind != "decline" || by != night || !ok {
		t.Errorf("decision: %s by %v", kind, by)
	}
	row := w.row(c.ID())
	if row.Name != "Bob Ray" || row.Username != "bob" || row.Peer != w.bob || row.Ring != 3*time.Second || row.Decision != "decline" ||
		row.Rule != "night" || row.Line != 4 || row.AccessHash != c.Peer().AccessHash || row.Reason != "hangup" {
		t.Errorf("the log has %+v", row)
	}
	if got := w.record(c.ID()); got.Reason != simulator.Hangup || got.EndedBy != w.ann {
		t.Errorf("Telegram has %+v", got)
	}
}

func TestFirstDecides(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.must(c.Accept(t.Context(), night))
	for name, late := range map[string]func() error{
		"decline": func() error { return c.Decline(t.Context(), other, "") },
		"accept":  func() error { return c.Accept(t.Context(), other) },
		"ignore":  func() error { return c.Ignore(t.Context(), other) },
	} {
		err := late()
		e, ok := tgerr.AsType(err, call.CallAlreadyDecided)
		if !ok || e.Code != 0 || e.Message != `rule "night" (night.lua:4) has accepted the call` {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.must(c.Hangup(t.Context(), other, ""))
	if err := c.Decline(t.Context(), other, ""); !tgerr.Is(err, call.CallEnded) {
		t.Errorf("after the end: %v", err)
	}
}

func TestActsThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	ctx := t.Context()
	for want, err := range map[string]error{
		call.CallNotActive:     c.Hangup(ctx, night, ""),
		call.CallReasonInvalid: c.Decline(ctx, night, "tired"),
		call.CallNotEnded:      c.Rate(ctx, 5, ""),
	} {
		if !tgerr.Is(err, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w.must(c.Decline(ctx, night, ""))
	if err := c.Rate(ctx, 5, ""); !tgerr.Is(err, call.CallNotActive) {
		t.Errorf("rated a call that was declined: %v", err)
	}
}

func TestWhatIsKeptWithACall(t *testing.T) {
	w := newWorld(t)
	w.close()
	var begun *call.Call
	w.open(call.Options{Begin: func(c *call.Call) any { begun = c; return "scripts" }})
	_, c := w.ring()
	if begun != c || c.Held() != "scripts" {
		t.Errorf("held %v", c.Held())
	}
	counter := func() any { return new(int) }
	a, again, b := c.Kept("a", counter), c.Kept("a", counter), c.Kept("b", counter)
	if a != again || a == b {
		t.Error("not one value for each key")
	}
	if got, ok := call.FromContext(call.NewContext(t.Context(), c)); !ok || got != c {
		t.Error("the context does not have the call")
	}
	if _, ok := call.FromContext(t.Context()); ok {
		t.Error("a call of nowhere")
	}
}

func TestRate(t *testing.T) {
	w := newWorld(t)
	_, c := w.answered()
	w.must(c.Hangup(t.Context(), night, ""))
	w.must(c.Rate(t.Context(), 4, "fine"))
	if got := w.record(c.ID()).Rating; got != 4 {
		t.Errorf("rated %d", got)
	}
}

func TestWait(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	active := make(chan error)
	go func() { active <- c.Wait(t.Context(), call.Active) }()
	w.must(c.Accept(t.Context(), night))
	w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.must(<-active)

	w.must(c.Hangup(t.Context(), night, ""))
	w.must(c.Wait(t.Context(), call.Ended))
	w.must(c.Wait(t.Context(), call.Accepted)) // it has been

	_, declined := w.ring()
	go func() { active <- declined.Wait(t.Context(), call.Active) }()
	w.must(declined.Decline(t.Context(), night, ""))
	if err := <-active; !tgerr.Is(err, call.CallEnded) {
		t.Errorf("never active: %v", err)
	}
}

func TestGivenBackAfterARefusal(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.sim.Inject(simulator.Fault{Method: "phone.discardCall", Err: simulator.FloodWait(90 * time.Second)})
	if err := c.Decline(t.Context(), night, ""); !tgerr.Is(err, "FLOOD_WAIT") {
		t.Fatalf("got %v", err)
	}
	select {
	case <-c.Decided():
		t.Error("decided by a decline that did not come through")
	default:
	}
	w.must(c.Decline(t.Context(), other, ""))
	if _, by, _ := c.Decision(); by != other {
		t.Errorf("decided by %v", by)
	}
	w.wantOutcome(c, call.Declined)
}

// TestLostAnswer: Telegram does what was asked, and the answer never comes.
func TestLostAnswer(t *testing.T) {
	gone := &tgerr.Error{Type: "NOT_CONNECTED", Message: "the connection broke"}
	t.Run("a decline, and nothing is heard", func(t *testing.T) {
		w := newWorld(t)
		_, c := w.ring()
		w.sim.Inject(simulator.Fault{Method: "phone.discardCall", After: true, Err: gone})
		if err := c.Decline(t.Context(), night, ""); !errors.Is(err, gone) {
			t.Fatalf("got %v", err)
		}
		w.clock.Advance(90 * time.Second) // then it is asked again
		w.wantOutcome(c, call.Declined)
		if _, by, _ := c.Decision(); by != night {
			t.Errorf("decided by %v", by)
		}
	})
	t.Run("an accept, and the call goes on", func(t *testing.T) {
		w := newWorld(t)
		end, c := w.ring()
		w.sim.Inject(simulator.Fault{Method: "phone.acceptCall", After: true, Err: gone})
		if err := c.Accept(t.Context(), night); !errors.Is(err, gone) {
			t.Fatalf("got %v", err)
		}
		w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
		w.await(c, call.EventActive)
		if kind, by, _ := c.Decision(); kind != "accept" || by != night {
			t.Errorf("decided by %v", by)
		}
	})
	t.Run("an accept, and it is tried again", func(t *testing.T) {
		w := newWorld(t)
		end, c := w.ring()
		w.sim.Inject(simulator.Fault{Method: "phone.acceptCall", After: true, Err: gone})
		if err := c.Accept(t.Context(), night); !errors.Is(err, gone) {
			t.Fatalf("got %v", err)
		}
		w.must(c.Accept(t.Context(), night))
		w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller))) // the key is that of the first
		w.await(c, call.EventActive)
		if !bytes.Equal(c.Key(), end.Key()) {
			t.Error("the two sides have different keys")
		}
	})
}

// TestAcceptThatWasNotSent: where it fails before the request, Telegram cannot
// have done it, and a later refusal is not taken for its success.
func TestAcceptThatWasNotSent(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.sim.Inject(simulator.Fault{Method: "messages.getDhConfig", Err: &tgerr.Error{Type: "TIMEOUT"}})
	if err := c.Accept(t.Context(), night); !tgerr.Is(err, "TIMEOUT") {
		t.Fatalf("got %v", err)
	}
	w.home.deaf = true // the tablet's accept and the host's next cross
	w.must(w.onTablet().Accept(t.Context()))
	if err := c.Accept(t.Context(), night); !tgerr.Is(err, "CALL_ALREADY_ACCEPTED") {
		t.Errorf("got %v", err)
	}
	if c.State() != call.Ended {
		t.Errorf("%s", c.State())
	}
}

// TestAnswerThatTakesTooLong: the call is over, its end is told, and who asked
// for the rest still gets an answer.
func TestAnswerThatTakesTooLong(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	w.sim.Inject(simulator.Fault{Method: "phone.discardCall", User: w.ann, Delay: time.Minute})
	declined := make(chan error)
	go func() { declined <- c.Decline(t.Context(), night, "") }()
	w.clock.AwaitTimers(3) // of Telegram, of the call, and of the decline that is held back
	w.must(end.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0))
	<-c.Decided()
	w.clock.AwaitTimers(2) // Telegram's is gone
	w.settleTimers(c)
	w.clock.Advance(10 * time.Second)
	w.wantOutcome(c, call.Missed)
	w.clock.Advance(time.Minute)
	if err := <-declined; !tgerr.Is(err, call.CallEnded) {
		t.Errorf("declined: %v", err)
	}
}

func TestNotAcceptedWithoutItsRow(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.must(w.db.Close())
	if err := c.Accept(t.Context(), night); !tgerr.Is(err, call.CallNotKept) {
		t.Errorf("got %v", err)
	}
	if state := w.record(c.ID()).State; state != simulator.Ringing {
		t.Errorf("Telegram has the call as %s", state)
	}
	w.must(c.Decline(t.Context(), night, "")) // which needs no row
}

func TestRowIsKeptBeforeAnAccept(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	held := make(chan error)
	w.sim.Inject(simulator.Fault{Method: "phone.acceptCall", Delay: time.Hour})
	go func() { held <- c.Accept(t.Context(), night) }()
	w.clock.AwaitTimers(3) // of Telegram, of the call, and of the accept that is held back
	onDisk, err := store.OpenReadOnly(w.path)
	w.must(err)
	defer onDisk.Close()
	if rows, err := onDisk.Calls(t.Context(), store.CallQuery{}); err != nil || len(rows) != 1 || rows[0].ID != c.ID() || rows[0].AccessHash == 0 {
		t.Errorf("on the disk: %v, %v", rows, err)
	}
	w.clock.Advance(time.Hour)
	if err := <-held; err == nil {
		t.Error("accepted after an hour of ringing")
	}
}

// A caller is told that it rings when the call has rung for so long, and not at
// all when it is decided before.
func TestRingAfter(t *testing.T) {
	const after = 100 * time.Millisecond
	w := newWorld(t)
	w.close()
	w.open(call.Options{RingAfter: after})
	rung := func() (*simulator.End, *call.Call) {
		end, err := w.caller.Ring(w.Context(), w.ann, false)
		w.must(err)
		c, _ := w.book.Find(w.ann, end.ID())
		w.clock.AwaitTimers(3) // Telegram's own, the ring timeout's, and this one
		return end, c
	}
	_, declined := rung()
	w.must(declined.Decline(w.Context(), night, ""))
	w.wantOutcome(declined, call.Declined)
	w.clock.Advance(after)
	if r := w.record(declined.ID()); !r.Received.IsZero() {
		t.Error("a call that was declined at once rang at its caller's")
	}

	end, c := rung()
	w.clock.Advance(after - 1)
	if r := w.record(c.ID()); !r.Received.IsZero() {
		t.Error("it rang at its caller's at once")
	}
	w.clock.Advance(1)
	w.must(c.Wait(w.Context(), call.Ringing))
	w.must(end.HangUp(w.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0))
	w.wantOutcome(c, call.Missed)
}
