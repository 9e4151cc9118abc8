package simulator_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/simulator"
)

// actor is a device that does anything at any time.
type actor struct {
	*device
	w     *world
	rand  *rand.Rand
	calls []tg.InputPhoneCall // all that it ever heard of, as its side names them
	pts   []int               // of the messages that it got
}

// hear takes note of what the updates and answers say.
func (a *actor) hear(updates []tg.UpdateClass) {
	for _, u := range updates {
		switch u := u.(type) {
		case *tg.UpdateNewMessage:
			a.pts = append(a.pts, u.Pts)
		case *tg.UpdatePhoneCall:
			if c, ok := u.PhoneCall.(*tg.PhoneCallRequested); ok {
				a.calls = append(a.calls, tg.InputPhoneCall{ID: c.ID, AccessHash: c.AccessHash})
			}
		}
	}
}

func (a *actor) act(to int64) error {
	a.hear(a.take())
	ctx, gA := a.w.Context(), []byte("g_a")
	if len(a.calls) == 0 || a.rand.IntN(4) == 0 {
		hash := sha256.Sum256(gA)
		answer, err := a.api.PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{
			UserID: a.InputUser(to), RandomID: int(a.rand.Int32()), GAHash: hash[:], Protocol: simulator.Protocol(),
		})
		if err == nil {
			c := answer.PhoneCall.(*tg.PhoneCallWaiting)
			a.calls = append(a.calls, tg.InputPhoneCall{ID: c.ID, AccessHash: c.AccessHash})
		}
		return err
	}
	// One of the last few calls: older ones are over.
	peer := a.calls[len(a.calls)-1-a.rand.IntN(min(3, len(a.calls)))]
	switch a.rand.IntN(7) {
	case 0:
		_, err := a.api.PhoneReceivedCall(ctx, peer)
		return err
	case 1, 2:
		_, err := a.api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{Peer: peer, GB: []byte("g_b"), Protocol: simulator.Protocol()})
		return err
	case 3, 4, 5:
		_, err := a.api.PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{Peer: peer, GA: gA, Protocol: simulator.Protocol()})
		return err
	}
	reason := []tg.PhoneCallDiscardReasonClass{hangup, busy, missed}[a.rand.IntN(3)]
	answer, err := a.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: peer, Reason: reason, Duration: a.rand.IntN(9)})
	if err == nil {
		a.hear(answer.(*tg.Updates).Updates)
	}
	return err
}

// crowd gives two devices to each of four people.
func (w *world) crowd(seed uint64) (actors []*actor, people []int64) {
	people = []int64{w.ann, w.bob, w.carol, w.dan}
	for i := range 2 * len(people) {
		actors = append(actors, &actor{
			device: w.login(people[i/2]), w: w, rand: rand.New(rand.NewPCG(seed, uint64(i))),
		})
	}
	return actors, people
}

func seeds(few, many uint64) uint64 {
	if os.Getenv("LUAHOST_FULL") != "" {
		return many
	}
	return few
}

func TestRandomSequencesKeepTheRules(t *testing.T) {
	reached := map[string]int{}
	for seed := range seeds(20, 2000) {
		w := newWorld(t)
		actors, people := w.crowd(seed)
		r := rand.New(rand.NewPCG(seed, 99))
		for step := range 600 {
			if r.IntN(30) == 0 {
				w.clock.Advance(time.Duration(r.IntN(40)) * time.Second)
			}
			err := actors[r.IntN(len(actors))].act(people[r.IntN(len(people))])
			if refused := new(tgerr.Error); err != nil && !errors.As(err, &refused) {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			if err := oneActiveCallEach(w.sim.Calls()); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		w.settle(actors)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		for _, c := range w.sim.Calls() {
			reached[outcome(c)]++
		}
	}
	for _, o := range []string{"talked", "timed out, accepted", "timed out", "ended by the caller", "ended by the callee"} {
		if reached[o] < 20 {
			t.Errorf("the sequences are too tame: %v", reached)
			break
		}
	}
}

// outcome sorts calls by what became of them.
func outcome(c simulator.Call) string {
	switch {
	case !c.Confirmed.IsZero():
		return "talked"
	case c.EndedBy == c.From:
		return "ended by the caller"
	case c.EndedBy == c.To:
		return "ended by the callee"
	case !c.Accepted.IsZero():
		return "timed out, accepted"
	}
	return "timed out"
}

func TestConcurrentSequencesKeepTheRules(t *testing.T) {
	for seed := range seeds(5, 200) {
		w := newWorld(t)
		actors, people := w.crowd(seed)
		var crowd sync.WaitGroup
		for _, a := range actors {
			crowd.Go(func() {
				for range 100 {
					err := a.act(people[a.rand.IntN(len(people))])
					if refused := new(tgerr.Error); err != nil && !errors.As(err, &refused) {
						t.Error(err)
					}
				}
			})
		}
		crowd.Go(func() {
			for range 20 {
				w.clock.Advance(10 * time.Second)
				if err := oneActiveCallEach(w.sim.Calls()); err != nil {
					t.Error(err)
				}
			}
		})
		crowd.Wait()
		w.settle(actors)
	}
}

func oneActiveCallEach(calls []simulator.Call) error {
	active := map[int64]int64{}
	for _, c := range calls {
		if c.State == simulator.Ended {
			continue
		}
		parties := []int64{c.From}
		if !c.Accepted.IsZero() {
			parties = append(parties, c.To)
		}
		for _, id := range parties {
			if other, taken := active[id]; taken {
				return fmt.Errorf("user %d is in the calls %d and %d", id, other, c.ID)
			}
			active[id] = c.ID
		}
	}
	return nil
}

// settle lets all calls end, by their timeouts and by hand, and looks back.
func (w *world) settle(actors []*actor) {
	w.Helper()
	w.clock.Advance(2 * time.Minute)
	for _, c := range w.sim.Calls() {
		if c.State != simulator.Ended && c.State != simulator.Active {
			w.Errorf("call %d is still %s", c.ID, c.State)
		}
	}
	for _, a := range actors {
		a.hear(a.take())
		for _, peer := range a.calls {
			answer, err := a.api.PhoneDiscardCall(w.Context(), &tg.PhoneDiscardCallRequest{Peer: peer, Reason: hangup})
			if err == nil { // else another device is in the call
				a.hear(answer.(*tg.Updates).Updates)
			}
		}
	}
	w.endedOnce()
	for _, a := range actors {
		a.hear(a.take())
		w.sawEverything(a)
	}
}

// endedOnce looks at the snapshots: each call went forward only, to one end.
func (w *world) endedOnce() {
	w.Helper()
	order := []simulator.State{simulator.Requested, simulator.Ringing, simulator.Accepted, simulator.Active, simulator.Ended}
	reached := map[int64]int{}
	for _, c := range w.changes {
		now := slices.Index(order, c.State)
		if before, known := reached[c.ID]; known && now <= before {
			w.Errorf("call %d was %s and then %s", c.ID, order[before], c.State)
		}
		reached[c.ID] = now
	}
	for _, c := range w.sim.Calls() {
		if order[reached[c.ID]] != simulator.Ended || c.Ended.IsZero() {
			w.Errorf("call %d did not end", c.ID)
		}
	}
}

// sawEverything compares a device's history, and the updates that it got, with
// the record of the calls that its user had.
func (w *world) sawEverything(a *actor) {
	w.Helper()
	got, err := a.api.UpdatesGetDifference(w.Context(), &tg.UpdatesGetDifferenceRequest{Pts: 1})
	w.must(err)
	difference, ok := got.(*tg.UpdatesDifference)
	if !ok {
		return // had no calls
	}
	entries := map[int64]string{}
	for _, m := range difference.NewMessages {
		action := m.(*tg.MessageService).Action.(*tg.MessageActionPhoneCall)
		entries[action.CallID] += describeMessage(m)
	}
	calls := 0
	for _, c := range w.sim.Calls() {
		if c.From != a.UserID() && c.To != a.UserID() {
			continue
		}
		calls++
		want := side(c.From == a.UserID()) + " call " + string(c.Reason)
		if !c.Confirmed.IsZero() {
			want += fmt.Sprintf(" after %d s", int(c.Duration.Seconds()))
		}
		w.equal(fmt.Sprintf("history of call %d", c.ID), entries[c.ID], want)
	}
	w.equal("calls in the history", len(difference.NewMessages), calls)
	slices.Sort(a.pts)
	for i, pts := range a.pts {
		if pts != i+2 {
			w.Fatalf("the device of %d got %v", a.UserID(), a.pts)
		}
	}
	w.equal("messages that the device was told of", len(a.pts), calls)
}
