package call_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/call"
	"luahost/internal/simulator"
)

// TestRaces has rules, scripts, a second device and the caller act at once on
// many calls, and compares what came of each with Telegram's own record.
func TestRaces(t *testing.T) {
	calls := 200
	if os.Getenv("LUAHOST_FULL") != "" {
		calls = 10_000
	}
	w := newWorld(t)
	var wg sync.WaitGroup
	for i := range 4 {
		name := string(rune('a' + i))
		callee := w.add(simulator.User{Phone: fmt.Sprint(15551000 + 2*i), FirstName: "Callee " + name})
		caller := w.add(simulator.User{Phone: fmt.Sprint(15551001 + 2*i), FirstName: "Caller " + name})
		table := &table{w: w, home: w.login(callee, name), tablet: w.person(callee), caller: w.person(caller), callee: callee}
		random := rand.New(rand.NewPCG(uint64(i), 7))
		wg.Go(func() {
			for range calls / 4 {
				table.play(random)
			}
		})
	}
	wg.Wait()
}

// table is where one race after another is run.
type table struct {
	w              *world
	home           *line
	tablet, caller *person
	callee         int64
}

// act is something that somebody tries to do about a call.
type act struct {
	kind string // decline, accept or ignore; "" for somebody else's
	by   call.By
	do   func() error
	err  error
}

func (r *table) play(random *rand.Rand) {
	ctx := r.w.Context()
	end, err := r.caller.Ring(ctx, r.callee, false)
	if err != nil {
		r.w.Error(err)
		return
	}
	c, ok := r.w.book.Find(r.callee, end.ID())
	if !ok {
		r.w.Error("the call did not come")
		return
	}
	requested := awaits[*tg.PhoneCallRequested](r.tablet)
	acts := r.acts(ctx, c, end, r.tablet.Answering(requested))
	random.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	acts = acts[:1+random.IntN(len(acts))]
	var wg sync.WaitGroup
	for _, a := range acts {
		wg.Go(func() { a.err = a.do() })
	}
	wg.Wait()
	r.finish(ctx, c, end)
	<-c.Over()
	r.compare(c, acts)
}

func (r *table) acts(ctx context.Context, c *call.Call, end, tablet *simulator.End) []*act {
	busy, hangup := &tg.PhoneCallDiscardReasonBusy{}, &tg.PhoneCallDiscardReasonHangup{} // theirs and ours, to be told apart
	var acts []*act
	for i := range 2 {
		by := call.By{Rule: fmt.Sprint("rule ", i), Script: "rules.lua", Line: i + 1}
		acts = append(acts,
			&act{kind: "decline", by: by, do: func() error { return c.Decline(ctx, by, "hangup") }},
			&act{kind: "ignore", by: by, do: func() error { return c.Ignore(ctx, by) }},
			&act{kind: "accept", by: by, do: func() error { return c.Accept(ctx, by) }})
	}
	raw := call.By{Script: "raw.lua", Line: 1}
	return append(acts,
		&act{kind: "decline", by: raw, do: func() error {
			return r.w.book.Invoke(ctx, r.home.Account, raw, &tg.PhoneDiscardCallRequest{Peer: c.Peer(), Reason: hangup}, &tg.UpdatesBox{})
		}},
		&act{do: func() error { return tablet.HangUp(ctx, busy, 0) }},
		&act{do: func() error { return tablet.Accept(ctx) }},
		&act{do: func() error { return end.HangUp(ctx, &tg.PhoneCallDiscardReasonMissed{}, 0) }},
	)
}

// finish goes on with what the race left: who accepted is connected, and the
// caller hangs up.
func (r *table) finish(ctx context.Context, c *call.Call, end *simulator.End) {
	for len(r.caller.saw) > 0 {
		if accepted, ok := (<-r.caller.saw).(*tg.PhoneCallAccepted); ok && accepted.ID == c.ID() {
			_ = end.Confirm(ctx, accepted) // refused when it is over
		}
	}
	reason := tg.PhoneCallDiscardReasonClass(&tg.PhoneCallDiscardReasonMissed{})
	if r.w.record(c.ID()).State == simulator.Active {
		reason = &tg.PhoneCallDiscardReasonHangup{}
	}
	_ = end.HangUp(ctx, reason, 0) // answers also if it is over
}

func (r *table) compare(c *call.Call, acts []*act) {
	record := r.w.record(c.ID())
	var want call.Outcome
	switch home := r.home.Key(); {
	case record.AcceptedOn == home && !record.Confirmed.IsZero():
		want = call.Answered
	case record.AcceptedOn == home && record.EndedOn == home:
		want = call.HungUp // the raw discard came right after, and was a hangup
	case record.AcceptedOn == home:
		want = call.HungUp // the caller had hung up
	case !record.Accepted.IsZero() && !record.Confirmed.IsZero():
		want = call.AnsweredElsewhere
	case !record.Accepted.IsZero() && record.Reason == simulator.Busy:
		want = call.DeclinedElsewhere
	case !record.Accepted.IsZero():
		want = call.EndedElsewhere
	case record.EndedOn == home:
		want = call.Declined
	case record.EndedOn == r.tablet.Key():
		want = call.DeclinedElsewhere
	default:
		want = call.Missed
	}
	if want == call.EndedElsewhere && c.Outcome() == call.Missed && record.EndedOn == r.caller.Key() {
		// The answer to our own discard, which says that the caller hung up, came
		// before the update which says that the tablet had accepted.
		want = call.Missed
	}
	if c.Outcome() != want {
		r.w.Errorf("%s, and Telegram has %+v", c.Outcome(), record)
	}
	var decided []*act
	for _, a := range acts {
		switch {
		case a.kind == "": // somebody else's
		case a.by.Script == "raw.lua" && want == call.HungUp: // no decision any more
		case a.err == nil:
			decided = append(decided, a)
		case !tgerr.Is(a.err, call.CallAlreadyDecided, call.CallEnded, "CALL_ALREADY_ACCEPTED", "CALL_ALREADY_DECLINED"):
			r.w.Errorf("%s: %v", a.kind, a.err)
		}
	}
	kind, by, ok := c.Decision()
	switch {
	case len(decided) > 1:
		r.w.Errorf("%d decided", len(decided))
	case len(decided) == 0 && ok:
		r.w.Errorf("%v has decided, and was told no", by)
	case len(decided) == 1 && (kind != decided[0].kind || by != decided[0].by):
		r.w.Errorf("%v decided, and it is %v's decision", decided[0].by, by)
	}
}
