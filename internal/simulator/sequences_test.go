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
	away  bool
	rules *rules // nil: what is refused is not foreseen
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
	ctx := a.w.Context()
	switch n := a.rand.IntN(40); {
	case a.away || n == 0:
		a.comeOrGo()
		return nil
	case n < 3:
		return a.changeRules(to)
	case n < 4:
		r := &tg.AccountChangeAuthorizationSettingsRequest{}
		r.SetCallRequestsDisabled(a.rand.IntN(3) == 0)
		_, err := a.api.AccountChangeAuthorizationSettings(ctx, r)
		return err
	case len(a.calls) == 0 || n < 14:
		return a.ring(to)
	}
	// One of the last few calls: older ones are over.
	peer, gA := a.calls[len(a.calls)-1-a.rand.IntN(min(3, len(a.calls)))], []byte("g_a")
	switch a.rand.IntN(8) {
	case 0:
		_, err := a.api.PhoneReceivedCall(ctx, peer)
		return err
	case 1, 2:
		_, err := a.api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{Peer: peer, GB: []byte("g_b"), Protocol: simulator.Protocol()})
		return err
	case 3, 4, 5:
		_, err := a.api.PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{Peer: peer, GA: gA, Protocol: simulator.Protocol()})
		return err
	case 6:
		_, err := a.api.PhoneSetCallRating(ctx, &tg.PhoneSetCallRatingRequest{Peer: peer, Rating: 1 + a.rand.IntN(5)})
		return err
	}
	reason := []tg.PhoneCallDiscardReasonClass{hangup, busy, missed}[a.rand.IntN(3)]
	answer, err := a.api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: peer, Reason: reason, Duration: a.rand.IntN(9)})
	if err == nil {
		a.hear(answer.(*tg.Updates).Updates)
	}
	return err
}

func (a *actor) ring(to int64) error {
	expected := a.rules.foresee(a.w.sim.Calls(), a.UserID(), to)
	hash := sha256.Sum256([]byte("g_a"))
	answer, err := a.api.PhoneRequestCall(a.w.Context(), &tg.PhoneRequestCallRequest{
		UserID: a.InputUser(to), RandomID: int(a.rand.Int32()), GAHash: hash[:], Protocol: simulator.Protocol(),
	})
	if a.rules != nil {
		a.w.refused("a ring", err, expected)
	}
	if err == nil {
		c := answer.PhoneCall.(*tg.PhoneCallWaiting)
		a.calls = append(a.calls, tg.InputPhoneCall{ID: c.ID, AccessHash: c.AccessHash})
	}
	return err
}

// comeOrGo stops listening, or listens again and asks for what it missed.
func (a *actor) comeOrGo() {
	if a.away = !a.away; a.away {
		a.deaf()
		return
	}
	a.listen()
	a.hear(a.take())
	known := 1
	if len(a.pts) > 0 {
		known = slices.Max(a.pts)
	}
	got, err := a.api.UpdatesGetDifference(a.w.Context(), &tg.UpdatesGetDifferenceRequest{Pts: 1})
	if difference, ok := got.(*tg.UpdatesDifference); ok && err == nil {
		for i := range difference.NewMessages {
			a.pts = append(a.pts, 2+i)
		}
		if difference.State.Pts < known {
			a.w.Errorf("the difference ends at pts %d, %d was told before", difference.State.Pts, known)
		}
	}
}

// rules are what the people want, as the test keeps it.
type rules struct {
	blocked map[[2]int64]bool // who, whom
	calls   map[int64]int     // whose calls: a simulator.Audience
	saved   map[[2]int64]bool
}

func (a *actor) changeRules(about int64) error {
	me := a.UserID()
	if about == me {
		return nil
	}
	if a.rand.IntN(2) == 0 {
		block := a.rand.IntN(3) == 0
		peer := &tg.InputPeerUser{UserID: about, AccessHash: a.InputUser(about).(*tg.InputUser).AccessHash}
		var err error
		if block {
			_, err = a.api.ContactsBlock(a.w.Context(), &tg.ContactsBlockRequest{ID: peer})
		} else {
			_, err = a.api.ContactsUnblock(a.w.Context(), &tg.ContactsUnblockRequest{ID: peer})
		}
		if a.rules != nil {
			a.rules.blocked[[2]int64{me, about}] = block
		}
		return err
	}
	audience := max(a.rand.IntN(5)-2, 0) // everybody, most of the time
	rule := []tg.InputPrivacyRuleClass{
		&tg.InputPrivacyValueAllowAll{}, &tg.InputPrivacyValueAllowContacts{}, &tg.InputPrivacyValueDisallowAll{},
	}[audience]
	_, err := a.w.lets(a.device, &tg.InputPrivacyKeyPhoneCall{}, rule)
	if a.rules != nil {
		a.rules.calls[me] = audience
	}
	return err
}

// foresee says how Telegram must answer to a ring.
func (r *rules) foresee(calls []simulator.Call, from, to int64) string {
	switch {
	case r == nil:
		return ""
	case from == to:
		return "400 USER_ID_INVALID"
	case r.blocked[[2]int64{to, from}]:
		return "403 USER_IS_BLOCKED"
	case r.calls[to] == int(simulator.Nobody),
		r.calls[to] == int(simulator.Contacts) && !r.saved[[2]int64{to, from}]:
		return "403 USER_PRIVACY_RESTRICTED"
	case inCall(calls, from) != nil:
		return "500 CALL_OCCUPY_FAILED"
	}
	return ""
}

// inCall is the active call of a user, asked for or accepted.
func inCall(calls []simulator.Call, user int64) *simulator.Call {
	for i, c := range calls {
		if c.State != simulator.Ended && (c.From == user || c.To == user && !c.Accepted.IsZero()) {
			return &calls[i]
		}
	}
	return nil
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
		known := &rules{
			blocked: map[[2]int64]bool{}, calls: map[int64]int{},
			saved: map[[2]int64]bool{{w.ann, w.bob}: true, {w.bob, w.ann}: true},
		}
		for _, a := range actors {
			a.rules = known
		}
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
	for o, least := range map[string]int{
		"talked": 20, "timed out, accepted": 20, "timed out": 20,
		"ended by the caller": 20, "ended by the callee": 20, "refused by a busy line": 5,
	} {
		if reached[o] < least {
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
	case c.EndedBy == 0 && c.Reason == simulator.Busy:
		return "refused by a busy line"
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
		if a.away {
			a.comeOrGo()
		}
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
		rated := c.State == simulator.Ended && c.Rating > 0
		if before, known := reached[c.ID]; known && now <= before && !rated {
			w.Errorf("call %d was %s and then %s", c.ID, order[before], c.State)
		}
		reached[c.ID] = now
	}
	for _, c := range w.sim.Calls() {
		if outcome(c) == "refused by a busy line" && !w.talkedThen(c) {
			w.Errorf("%+v was refused, and nobody was in a call", c)
		}
		if order[reached[c.ID]] != simulator.Ended || c.Ended.IsZero() {
			w.Errorf("call %d did not end", c.ID)
		}
	}
}

// talkedThen says whether the callee of a refused call was in another one.
func (w *world) talkedThen(refused simulator.Call) bool {
	return slices.ContainsFunc(w.sim.Calls(), func(c simulator.Call) bool {
		return c.ID != refused.ID && (c.From == refused.To || c.To == refused.To) && !c.Confirmed.IsZero() &&
			!c.Confirmed.After(refused.Requested) && !c.Ended.Before(refused.Requested)
	})
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
	a.pts = slices.Compact(a.pts) // after an absence some come twice
	for i, pts := range a.pts {
		if pts != i+2 {
			w.Fatalf("the device of %d got %v", a.UserID(), a.pts)
		}
	}
	w.equal("messages that the device was told of", len(a.pts), calls)
}
