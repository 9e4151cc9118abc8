package simulator_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

var (
	hangup = &tg.PhoneCallDiscardReasonHangup{}
	busy   = &tg.PhoneCallDiscardReasonBusy{}
	missed = &tg.PhoneCallDiscardReasonMissed{}
)

func TestACallIsAnsweredOnOneOfTwoDevices(t *testing.T) {
	w := newWorld(t)
	ann, phone, tablet := w.login(w.ann), w.login(w.bob), w.login(w.bob)

	out, err := ann.Ring(t.Context(), w.bob, true)
	w.must(err)
	call := w.requested(phone)
	w.equal("the tablet", tablet.heard(), "requested")
	w.equal("video", call.Video, true)
	w.equal("from", call.AdminID, w.ann)
	w.equal("to", call.ParticipantID, w.bob)
	w.equal("date", call.Date, int(evening.Unix()))
	if call.AccessHash == out.Peer().AccessHash {
		t.Error("both sides have the same access hash")
	}

	w.clock.Advance(2 * time.Second)
	in := phone.Answering(call)
	w.must(in.Received(t.Context()))
	waiting := find[*tg.PhoneCallWaiting](w, ann)
	received, _ := waiting.GetReceiveDate()
	w.equal("receive_date", received, int(evening.Unix())+2)
	w.must(tablet.Answering(call).Received(t.Context()))
	w.equal("the caller, of the second device", ann.heard(), "")

	w.clock.Advance(3 * time.Second)
	w.must(in.Accept(t.Context()))
	w.equal("the tablet", tablet.heard(), "discarded")
	w.equal("the phone, before the key", phone.heard(), "")
	w.must(out.Confirm(t.Context(), find[*tg.PhoneCallAccepted](w, ann)))
	active := find[*tg.PhoneCall](w, phone)
	if !in.Confirmed(active) || !bytes.Equal(in.Key(), out.Key()) {
		t.Error("the keys differ")
	}
	w.equal("p2p_allowed", active.P2PAllowed, true)
	w.equal("start_date", active.StartDate, int(evening.Unix())+5)

	w.clock.Advance(65 * time.Second)
	w.must(in.HangUp(t.Context(), hangup, 65))
	w.equal("the caller", ann.heard(), "discarded hangup after 65 s; out call hangup after 65 s")
	w.equal("the tablet", tablet.heard(), "discarded hangup after 65 s; in call hangup after 65 s")
	w.equal("the phone, which has the answer", phone.heard(), "")

	calls := w.sim.Calls()
	want := simulator.Call{
		ID: out.ID(), From: w.ann, To: w.bob, Video: true, State: simulator.Ended,
		Requested: evening, Received: evening.Add(2 * time.Second), Accepted: evening.Add(5 * time.Second),
		Confirmed: evening.Add(5 * time.Second), Ended: evening.Add(70 * time.Second),
		Reason: simulator.Hangup, Duration: 65 * time.Second,
		AcceptedOn: phone.Key(), EndedBy: w.bob, EndedOn: phone.Key(),
	}
	if len(calls) != 1 || calls[0] != want {
		t.Errorf("record %+v\nwant %+v", calls, want)
	}
	var states []simulator.State
	for _, c := range w.changes {
		states = append(states, c.State)
	}
	if !slices.Equal(states, []simulator.State{
		simulator.Requested, simulator.Ringing, simulator.Accepted, simulator.Active, simulator.Ended,
	}) {
		t.Errorf("OnCall got %v", states)
	}
}

func TestADeclinedCallStopsRingingEverywhere(t *testing.T) {
	w := newWorld(t)
	ann, phone, tablet := w.login(w.ann), w.login(w.bob), w.login(w.bob)
	_, err := ann.Ring(t.Context(), w.bob, false)
	w.must(err)
	call := w.requested(phone)
	tablet.take()

	answer, err := phone.api.PhoneDiscardCall(t.Context(), &tg.PhoneDiscardCallRequest{
		Peer: tg.InputPhoneCall{ID: call.ID, AccessHash: call.AccessHash}, Reason: busy,
	})
	w.must(err)
	updates := answer.(*tg.Updates)
	w.equal("the answer", describe(updates.Updates[0])+"; "+describe(updates.Updates[1]), "discarded busy; in call busy")
	w.equal("users in the answer", len(updates.Users), 2)
	if need := updates.Updates[0].(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallDiscarded).NeedRating; need {
		t.Error("a declined call wants no rating")
	}
	w.equal("the caller", ann.heard(), "discarded busy; out call busy")
	w.equal("the tablet", tablet.heard(), "discarded busy; in call busy")
}

func TestTimeoutsEndCalls(t *testing.T) {
	for _, test := range []struct {
		name  string
		until func(w *world, in *simulator.End)
		limit time.Duration
		want  string
	}{
		{"nobody hears it", func(*world, *simulator.End) {}, 20 * time.Second, "missed"},
		{"nobody answers", func(w *world, in *simulator.End) {
			w.must(in.Received(w.Context()))
		}, 90 * time.Second, "missed"},
		{"nobody confirms", func(w *world, in *simulator.End) {
			w.must(in.Accept(w.Context()))
		}, 30 * time.Second, "disconnect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.login(w.ann), w.login(w.bob)
			_, in := w.ringing(ann, bob)
			test.until(w, in)
			ann.take()
			bob.take()

			w.clock.Advance(test.limit - time.Nanosecond)
			w.equal("just before", ann.heard(), "")
			w.clock.Advance(time.Nanosecond)
			w.equal("the caller", ann.heard(), "discarded "+test.want+"; out call "+test.want)
			w.equal("the callee", bob.heard(), "discarded "+test.want+"; in call "+test.want)
			w.equal("ended by", w.sim.Calls()[0].EndedBy, int64(0))
			w.clock.Advance(time.Hour)
			w.equal("for ever after", ann.heard()+bob.heard(), "")
		})
	}
}

// ringing has one device ring another, which has not yet said that it rings.
func (w *world) ringing(from, to *device) (out, in *simulator.End) {
	w.Helper()
	out, err := from.Ring(w.Context(), to.UserID(), false)
	w.must(err)
	return out, to.Answering(w.requested(to))
}

// talking is ringing, accepted and confirmed.
func (w *world) talking(from, to *device) (out, in *simulator.End) {
	w.Helper()
	out, in = w.ringing(from, to)
	w.must(in.Accept(w.Context()))
	w.must(out.Confirm(w.Context(), find[*tg.PhoneCallAccepted](w, from)))
	if !in.Confirmed(find[*tg.PhoneCall](w, to)) {
		w.Error("the keys differ")
	}
	return out, in
}

func TestSignalingReachesTheOtherDeviceOfTheCall(t *testing.T) {
	w := newWorld(t)
	ann, phone, tablet := w.login(w.ann), w.login(w.bob), w.login(w.bob)
	out, in := w.talking(ann, phone)
	tablet.take()
	send := func(d *device, peer tg.InputPhoneCall, data string) error {
		_, err := d.api.PhoneSendSignalingData(t.Context(), &tg.PhoneSendSignalingDataRequest{Peer: peer, Data: []byte(data)})
		return err
	}

	w.must(send(ann, out.Peer(), "offer"))
	w.must(send(phone, in.Peer(), "answer"))
	w.equal("the callee", phone.heard(), "signaling offer")
	w.equal("the caller", ann.heard(), "signaling answer")
	w.refused("the tablet", send(tablet, in.Peer(), "x"), "400 CALL_PEER_INVALID")

	w.must(out.HangUp(t.Context(), hangup, 0))
	w.refused("after the end", send(ann, out.Peer(), "x"), "400 CALL_PEER_INVALID")
	w.equal("the tablet", tablet.heard(), "discarded hangup after 0 s; in call hangup after 0 s")
}

func TestDurationIsWhatTheClientSaysWithinReason(t *testing.T) {
	for said, want := range map[int]time.Duration{60: time.Minute, 3: 3 * time.Second, 900: 61 * time.Second, -5: 0} {
		w := newWorld(t)
		out, _ := w.talking(w.login(w.ann), w.login(w.bob))
		w.clock.Advance(time.Minute)
		w.must(out.HangUp(t.Context(), hangup, said))
		w.equal("duration", w.sim.Calls()[0].Duration, want)
	}
	w := newWorld(t)
	out, _ := w.ringing(w.login(w.ann), w.login(w.bob))
	w.must(out.HangUp(t.Context(), missed, 5))
	w.equal("of a call that was not active", w.sim.Calls()[0].Duration, time.Duration(0))
	w.equal("reason", w.sim.Calls()[0].Reason, simulator.Missed)
}

func TestAnEndedCallStaysAsItEnded(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	out, in := w.ringing(ann, bob)
	w.must(in.HangUp(t.Context(), busy, 0))
	ended := w.sim.Calls()[0]
	bob.take()
	w.clock.Advance(time.Second)

	w.must(out.HangUp(t.Context(), missed, 0))
	if again := w.sim.Calls()[0]; again != ended {
		t.Errorf("%+v became %+v", ended, again)
	}
	w.equal("the callee", bob.heard(), "")
}

func TestOneActiveCallEach(t *testing.T) {
	w := newWorld(t)
	ann, bob, carol := w.login(w.ann), w.login(w.bob), w.login(w.carol)
	first, _ := w.ringing(ann, bob)
	_, err := ann.Ring(t.Context(), w.carol, false)
	w.refused("a second call of the caller", err, "500 CALL_OCCUPY_FAILED")

	_, second := w.ringing(carol, bob)
	w.must(second.Accept(t.Context()))
	_, err = bob.Ring(t.Context(), w.ann, false)
	w.refused("a call of one who talks", err, "500 CALL_OCCUPY_FAILED")
	third, err := w.login(w.dan).Ring(t.Context(), w.bob, false)
	w.must(err)
	in := bob.Answering(w.requested(bob))
	w.refused("accepting while in a call", in.Accept(t.Context()), "500 CALL_OCCUPY_FAILED")
	w.must(in.HangUp(t.Context(), busy, 0))
	w.must(second.HangUp(t.Context(), hangup, 0))
	w.must(first.HangUp(t.Context(), missed, 0))
	w.must(third.HangUp(t.Context(), missed, 0))

	w.talking(ann, bob) // both are free again
}

func TestALostDeviceEndsItsCall(t *testing.T) {
	w := newWorld(t)
	ann, bob, tablet := w.login(w.ann), w.login(w.bob), w.login(w.bob)
	w.talking(ann, bob)
	ann.take()
	w.clock.Advance(10 * time.Second)

	_, err := tablet.api.AuthLogOut(t.Context())
	w.must(err)
	w.equal("while another device goes", ann.heard(), "")
	_, err = bob.api.AuthLogOut(t.Context())
	w.must(err)
	w.equal("the caller", ann.heard(), "discarded disconnect after 10 s; out call disconnect after 10 s")
}

func TestARatingIsKept(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	out, in := w.talking(ann, bob)
	rate := func(stars int) error {
		_, err := ann.api.PhoneSetCallRating(t.Context(), &tg.PhoneSetCallRatingRequest{Peer: out.Peer(), Rating: stars})
		return err
	}
	w.refused("during the call", rate(4), "400 CALL_PEER_INVALID")
	w.must(in.HangUp(t.Context(), hangup, 1))
	if call := find[*tg.PhoneCallDiscarded](w, ann); !call.NeedRating {
		t.Error("no rating is wanted")
	}
	w.refused("six stars", rate(6), "400 RATING_INVALID")
	w.must(rate(4))
	w.equal("rating", w.sim.Calls()[0].Rating, 4)

	out, in = w.ringing(ann, bob)
	w.must(in.HangUp(t.Context(), busy, 0))
	w.refused("a call that was declined", rate(4), "400 CALL_PEER_INVALID")
}

func TestWhoMayCallDirectly(t *testing.T) {
	for setting, want := range map[simulator.Audience]bool{
		simulator.Everybody: true, simulator.Contacts: false, simulator.Nobody: false,
	} {
		w := newWorld(t)
		eve := w.add(simulator.User{Phone: "15550005", FirstName: "Eve", PeerToPeer: setting})
		ann := w.login(w.ann)
		out, in := w.ringing(ann, w.login(eve))
		w.must(in.Accept(t.Context()))
		accepted := find[*tg.PhoneCallAccepted](w, ann)
		answer, err := ann.api.PhoneConfirmCall(t.Context(), &tg.PhoneConfirmCallRequest{
			Peer: out.Peer(), GA: out.Half(), Protocol: accepted.Protocol,
		})
		w.must(err)
		active := answer.PhoneCall.(*tg.PhoneCall)
		w.equal("p2p_allowed", active.P2PAllowed, want)
		w.equal("the callee's half of the key", string(active.GAOrB), string(in.Half()))
	}
}

func TestEachReasonIsToldAsItWasSent(t *testing.T) {
	for reason, want := range map[tg.PhoneCallDiscardReasonClass]simulator.Reason{
		missed: simulator.Missed, hangup: simulator.Hangup, busy: simulator.Busy,
		&tg.PhoneCallDiscardReasonDisconnect{}:                          simulator.Disconnect,
		&tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: "a-slug"}: simulator.Migrated,
	} {
		w := newWorld(t)
		ann, bob := w.login(w.ann), w.login(w.bob)
		out, _ := w.talking(ann, bob)
		w.must(out.HangUp(t.Context(), reason, 0))
		got, _ := find[*tg.PhoneCallDiscarded](w, bob).GetReason()
		w.equal("told", got.String(), reason.String())
		w.equal("recorded", w.sim.Calls()[0].Reason, want)
	}
}
