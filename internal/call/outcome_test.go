package call

import (
	"context"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/clock"
)

// TestOutcomeByFacts is the corners of the table that no story reaches.
func TestOutcomeByFacts(t *testing.T) {
	talked := func(reason string) end { return end{reason: reason, talked: true} }
	for _, one := range []struct {
		facts facts
		want  Outcome
	}{
		{facts{incoming: true, accepted: true, end: talked("hangup")}, Answered}, // phoneCall was lost on the way
		{facts{incoming: true, accepted: true, end: talked("disconnect")}, Disconnected},
		{facts{incoming: true, end: talked("disconnect")}, AnsweredElsewhere},
		{facts{incoming: true, elsewhere: true, end: end{reason: "missed"}}, EndedElsewhere},
		{facts{incoming: true, end: end{reason: "migrateConferenceCall"}}, EndedElsewhere},
		{facts{incoming: true, active: true, end: end{reason: "migrateConferenceCall"}}, Answered},
		{facts{end: talked("hangup")}, Answered},
		{facts{end: talked("disconnect")}, Disconnected},
		{facts{end: end{reason: "busy"}}, Busy},
		{facts{failed: true, accepted: true, end: end{reason: "disconnect"}}, Disconnected}, // an outgoing one
		{facts{timedOut: true}, Missed},
	} {
		if got := one.facts.outcome(); got != one.want {
			t.Errorf("%+v: %s, want %s", one.facts, got, one.want)
		}
	}
}

// TestTimerThatWasStoppedTooLate: it had run before the call was accepted, and
// its turn comes after.
func TestTimerThatWasStoppedTooLate(t *testing.T) {
	hands := clock.NewManual(time.Unix(1e9, 0))
	b := New(Options{Clock: hands})
	c := b.Update(Account{User: 1, Invoker: tg.Invoker(silent{})}, &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{ID: 5, AdminID: 2}}, nil)
	gate, done := make(chan struct{}), make(chan State)
	c.post(func(*course) { <-gate })
	c.post(func(m *course) { m.took(&claim{kind: accept}) })
	hands.AwaitTimers(1)
	hands.Advance(defaultLimits.Ring)
	close(gate)
	c.post(func(m *course) {
		if m.claim != nil {
			t.Errorf("the timer of the ring has begun to %s a call that was accepted", m.claim.kind)
		}
		done <- m.state
	})
	if state := <-done; state != Accepted {
		t.Errorf("%s", state)
	}
	b.closed = true
	b.end()
	b.owners.Wait()
}

// silent is a Telegram that answers everything with nothing.
type silent struct{}

func (silent) Invoke(context.Context, bin.Encoder, bin.Decoder) error { return nil }
