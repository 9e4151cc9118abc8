package call_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/call"
	"luahost/internal/simulator"
)

// discard is phone.discardCall as a script would send it by its name.
func (w *world) discard(c *call.Call, by call.By, reason tg.PhoneCallDiscardReasonClass) error {
	return w.raw(by, &tg.PhoneDiscardCallRequest{Peer: c.Peer(), Reason: reason}, &tg.UpdatesBox{})
}

func (w *world) raw(by call.By, in encoder, out decoder) error {
	return w.book.Invoke(w.Context(), w.home.Account, by, in, out)
}

func TestRawDiscardDeclines(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.must(w.discard(c, night, &tg.PhoneCallDiscardReasonBusy{}))
	w.wantOutcome(c, call.Declined)
	if kind, by, _ := c.Decision(); kind != "decline" || by != night {
		t.Errorf("%s by %v", kind, by)
	}
	if err := w.discard(c, other, &tg.PhoneCallDiscardReasonBusy{}); !tgerr.Is(err, call.CallEnded) {
		t.Errorf("once more: %v", err)
	}
}

func TestRawRequestsAreDecisions(t *testing.T) {
	w := newWorld(t)
	_, c := w.ring()
	w.must(c.Ignore(t.Context(), night))
	if err := w.discard(c, other, &tg.PhoneCallDiscardReasonBusy{}); !tgerr.Is(err, call.CallAlreadyDecided) {
		t.Errorf("discard: %v", err)
	}
	err := w.raw(other, &tg.PhoneAcceptCallRequest{Peer: c.Peer(), GB: make([]byte, 256), Protocol: simulator.Protocol()}, &tg.PhonePhoneCall{})
	if !tgerr.Is(err, call.CallAlreadyDecided) {
		t.Errorf("accept: %v", err)
	}
	if state := w.record(c.ID()).State; state != simulator.Ringing {
		t.Errorf("Telegram has the call as %s", state)
	}
}

// TestRawAccept: the key is the script's, and a discard is a hangup from there.
func TestRawAccept(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	half := make([]byte, 256)
	half[10] = 1
	var answer tg.PhonePhoneCall
	w.must(w.raw(night, &tg.PhoneAcceptCallRequest{Peer: c.Peer(), GB: half, Protocol: simulator.Protocol()}, &answer))
	if answer.PhoneCall == nil || c.State() != call.Accepted {
		t.Errorf("%s, answer %v", c.State(), answer.PhoneCall)
	}
	w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.await(c, call.EventActive)
	w.must(w.discard(c, other, &tg.PhoneCallDiscardReasonHangup{}))
	w.wantOutcome(c, call.Answered)
	if _, by, _ := c.Decision(); by != night {
		t.Errorf("decided by %v", by)
	}
}

func TestRawAcceptEndsAtTheConnectTimeout(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	half := make([]byte, 256)
	half[10] = 1
	w.must(w.raw(night, &tg.PhoneAcceptCallRequest{Peer: c.Peer(), GB: half, Protocol: simulator.Protocol()}, &tg.PhonePhoneCall{}))
	w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.await(c, call.EventActive)
	w.clock.Advance(30 * time.Second)
	w.wantOutcome(c, call.Failed)
}

// TestRawAcceptAfterAnAcceptThatFailed: the key of the first is forgotten.
func TestRawAcceptAfterAnAcceptThatFailed(t *testing.T) {
	w := newWorld(t)
	end, c := w.ring()
	w.sim.Inject(simulator.Fault{Method: "phone.acceptCall", Err: simulator.FloodWait(90 * time.Second)})
	if err := c.Accept(t.Context(), night); !tgerr.Is(err, "FLOOD_WAIT") {
		t.Fatal(err)
	}
	half := make([]byte, 256)
	half[10] = 1
	w.must(w.raw(other, &tg.PhoneAcceptCallRequest{Peer: c.Peer(), GB: half, Protocol: simulator.Protocol()}, &tg.PhonePhoneCall{}))
	w.must(end.Confirm(t.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.await(c, call.EventActive)
}

// TestRawOthersPass: what is about no call that the Book knows goes out as it is.
func TestRawOthersPass(t *testing.T) {
	w := newWorld(t)
	var config tg.Config
	w.must(w.raw(night, &tg.HelpGetConfigRequest{}, &config))
	if config.CallRingTimeoutMs == 0 {
		t.Error("no answer")
	}
	err := w.raw(night, &tg.PhoneDiscardCallRequest{Peer: tg.InputPhoneCall{ID: 1}, Reason: &tg.PhoneCallDiscardReasonBusy{}}, &tg.UpdatesBox{})
	if !tgerr.Is(err, "CALL_PEER_INVALID") {
		t.Errorf("got %v", err)
	}
	_, c := w.ring()
	w.must(w.raw(night, &tg.PhoneReceivedCallRequest{Peer: c.Peer()}, &tg.BoolBox{}))
}

// dial is ann calling bob by phone.requestCall.
func (w *world) dial() *call.Call {
	w.Helper()
	half := make([]byte, 256)
	half[10] = 1
	hash := sha256.Sum256(half)
	var answer tg.PhonePhoneCall
	w.must(w.raw(night, &tg.PhoneRequestCallRequest{
		UserID: w.home.InputUser(w.bob), RandomID: len(w.sim.Calls()) + 1, GAHash: hash[:], Protocol: simulator.Protocol(),
	}, &answer))
	c, ok := w.book.Find(w.ann, answer.PhoneCall.GetID())
	if !ok {
		w.Fatal("the call is not followed")
	}
	return c
}

func TestOutgoing(t *testing.T) {
	rung := func(w *world, c *call.Call) *simulator.End {
		end := w.caller.Answering(awaits[*tg.PhoneCallRequested](w.caller))
		w.must(end.Received(w.Context()))
		w.must(c.Wait(w.Context(), call.Ringing))
		return end
	}
	confirmed := func(w *world, c *call.Call, end *simulator.End) {
		w.must(end.Accept(w.Context()))
		w.await(c, call.EventAccepted)
		half := make([]byte, 256)
		half[10] = 1
		w.must(w.raw(night, &tg.PhoneConfirmCallRequest{Peer: c.Peer(), GA: half, Protocol: simulator.Protocol()}, &tg.PhonePhoneCall{}))
		w.await(c, call.EventActive)
	}
	for _, story := range []struct {
		name    string
		tell    func(w *world, c *call.Call)
		outcome call.Outcome
		events  string
	}{
		{"declined", func(w *world, c *call.Call) {
			w.must(rung(w, c).HangUp(w.Context(), &tg.PhoneCallDiscardReasonBusy{}, 0))
		}, call.Busy, "call.ended done"},
		{"not received in time", func(w *world, _ *call.Call) { w.clock.Advance(20 * time.Second) }, call.Missed, "call.ended done"},
		{"not answered in time", func(w *world, c *call.Call) {
			rung(w, c)
			w.clock.Advance(90 * time.Second)
		}, call.Missed, "call.ended done"},
		{"taken back", func(w *world, c *call.Call) { w.must(c.Hangup(w.Context(), night, "")) }, call.Missed, "call.ended done"},
		{"taken back by its name", func(w *world, c *call.Call) {
			w.must(w.discard(c, night, &tg.PhoneCallDiscardReasonHangup{}))
		}, call.HungUp, "call.ended done"},
		{"answered", func(w *world, c *call.Call) {
			end := rung(w, c)
			confirmed(w, c, end)
			w.clock.Advance(time.Minute) // there is no limit to it
			w.must(end.HangUp(w.Context(), &tg.PhoneCallDiscardReasonHangup{}, 60))
		}, call.Answered, "call.accepted call.active call.ended done"},
		{"not confirmed", func(w *world, c *call.Call) {
			w.must(rung(w, c).Accept(w.Context()))
			w.await(c, call.EventAccepted)
			w.clock.Advance(30 * time.Second)
		}, call.Disconnected, "call.accepted call.ended done"},
	} {
		t.Run(story.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.dial()
			if c.Incoming() || c.From().ID != w.bob || c.From().FirstName != "Bob" {
				t.Errorf("incoming %v, to %d", c.Incoming(), c.From().ID)
			}
			if err := c.Decline(t.Context(), other, ""); !tgerr.Is(err, call.CallNotIncoming) {
				t.Errorf("declined: %v", err)
			}
			story.tell(w, c)
			w.wantOutcome(c, story.outcome)
			if events := w.saw(c); events != story.events {
				t.Errorf("events %q, want %q", events, story.events)
			}
			if row := w.row(c.ID()); row.Incoming || row.Rule != "night" || row.Decision != "" {
				t.Errorf("the log has %+v", row)
			}
		})
	}
}

// TestOutgoingAnswerComesLast: gotd hands messages on concurrently, so the end of
// a call may come before the answer to phone.requestCall.
func TestOutgoingAnswerComesLast(t *testing.T) {
	w := newWorld(t)
	gone := &tg.PhoneCallDiscarded{ID: 77}
	gone.SetReason(&tg.PhoneCallDiscardReasonBusy{})
	if c := w.book.Update(w.home.Account, &tg.UpdatePhoneCall{PhoneCall: gone}, nil); c != nil {
		t.Fatal("a call was made of its end")
	}
	c := w.book.Update(w.home.Account, &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallWaiting{
		ID: 77, AccessHash: 5, AdminID: w.ann, ParticipantID: w.bob,
	}}, nil)
	w.wantOutcome(c, call.Busy)
	if events := w.saw(c); events != "call.ended done" {
		t.Errorf("events %q", events)
	}
}

// TestAnotherDevicesOwnCall: a person calls from the phone, and this device hears of
// it. However little it hears, it does not hang up.
func TestAnotherDevicesOwnCall(t *testing.T) {
	w := newWorld(t)
	for id, seen := range map[int64]tg.PhoneCallClass{
		77: &tg.PhoneCallWaiting{ID: 77, AccessHash: 5, AdminID: w.ann, ParticipantID: w.bob},
		78: &tg.PhoneCallAccepted{ID: 78, AccessHash: 5, AdminID: w.ann, ParticipantID: w.bob},
	} {
		c := w.book.Update(w.home.Account, &tg.UpdatePhoneCall{PhoneCall: seen}, nil)
		if err := c.Decline(t.Context(), night, ""); !tgerr.Is(err, call.CallNotIncoming) { // and its timer is set
			t.Errorf("declined: %v", err)
		}
		w.clock.Advance(30 * time.Second)
		w.wantOutcome(c, map[int64]call.Outcome{77: call.Missed, 78: call.Disconnected}[id])
		for _, line := range w.traced(id) {
			if strings.Contains(line, "phone.discardCall") {
				t.Errorf("call %d: %s", id, line)
			}
		}
	}
}
