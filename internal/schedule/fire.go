package schedule

import (
	"context"
	"errors"
	"time"

	"luahost/internal/clip"
	"luahost/internal/store"
)

// interrupted reports the timers that were at work when the last process ended.
func (e *Engine) interrupted() error {
	cut, err := e.Store.InterruptTimers(context.Background(), e.now())
	for _, t := range cut {
		e.Log.Warn("timer was interrupted: luahost ended while it ran, and it does not run again for that time",
			"script", t.Script, "timer", t.Name, "began", t.Began)
	}
	return err
}

// maxFault is how much is kept of why a run failed: a line for a person.
const maxFault = 300

// attempt is a timer that is about to be claimed.
type attempt struct {
	*named
	due   time.Time
	next  time.Time // zero: it runs once
	late  time.Duration
	claim store.Claim
	start Start
}

// fireNamed claims those that are due, and starts them.
func (e *Engine) fireNamed(ctx context.Context, due []*named) {
	e.claiming.Lock()
	defer e.claiming.Unlock()
	now := e.now()
	attempts := e.attempts(now, due)
	if len(attempts) == 0 {
		return
	}
	claims := make([]store.Claim, len(attempts))
	for i, a := range attempts {
		claims[i] = a.claim
	}
	rows, err := e.Store.ClaimTimers(context.Background(), now, claims)
	e.tellClaims(err)
	if err != nil {
		e.undo(attempts, e.now().Add(tryAgain))
		return
	}
	claimed := make(map[int64]*store.Timer, len(rows))
	for i := range rows {
		claimed[rows[i].ID] = &rows[i]
	}
	var refused []attempt
	for _, a := range attempts {
		switch row := claimed[a.id]; {
		case a.claim.Miss:
			e.missed(a)
		case row == nil:
			e.stopped(a)
		default:
			if a.start = e.give(ctx, a, row); a.start != Started {
				refused = append(refused, a)
			}
		}
	}
	e.release(ctx, refused)
}

// tellClaims logs the first of the claims in a row that did not work, and the one
// that ends the row, with claiming held: a full disk stays full for long.
func (e *Engine) tellClaims(err error) {
	switch {
	case err != nil && !e.failing:
		e.Log.Error("timers not started, trying again", "error", err)
	case err == nil && e.failing:
		e.Log.Info("timers are started again")
	}
	e.failing = err != nil
}

// attempts says what to do with each that is due.
func (e *Engine) attempts(now time.Time, due []*named) []attempt {
	e.mu.Lock()
	defer e.mu.Unlock()
	attempts := make([]attempt, 0, len(due))
	for _, n := range due {
		if n.over || n.running {
			continue
		}
		if held := e.held[n.key()]; held.After(now) {
			e.kept.put(&n.slot, held)
			continue
		}
		a := attempt{named: n, due: n.due, late: now.Sub(n.due)}
		if n.spec.Repeats() {
			a.next = n.spec.Next(n.due, now)
		}
		miss := a.late > grace && !n.excused && n.missed != store.MissedRun && a.late > n.missed
		a.claim = store.Claim{ID: n.id, Due: a.due, Next: a.next, Miss: miss}
		if !miss && e.tooSoon(n.owner()) {
			n.excused = true
			e.kept.put(&n.slot, now.Add(tryAgain))
			continue
		}
		if !miss && !e.line(n.owner()).begin(func() bool { return e.again(n) }) {
			n.excused = true
			continue
		}
		n.running = !miss
		attempts = append(attempts, a)
	}
	return attempts
}

// again queues n unless it is over, with mu held.
func (e *Engine) again(n *named) bool {
	if !n.over {
		e.kept.put(&n.slot, e.startAt(n))
	}
	return !n.over
}

// give gives a timer that was claimed to its script.
func (e *Engine) give(ctx context.Context, a attempt, row *store.Timer) Start {
	e.mu.Lock()
	if a.excused = false; !a.next.IsZero() {
		a.named.due = a.next
	}
	e.mu.Unlock()
	f := Firing{Script: row.Script, Name: row.Name, Account: row.Account, Data: row.Data, Due: a.due, Late: a.late}
	start := e.Fire(ctx, f, func(err error) { e.ended(ctx, a.named, err) })
	if start == Started {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.held, a.key())
	}
	return start
}

// ended notes the end of a run, on the goroutine of its last handler, and queues
// the next.
func (e *Engine) ended(ctx context.Context, n *named, err error) {
	outcome, fault := store.TimerDone, ""
	switch {
	case errors.Is(err, context.Canceled):
		outcome = store.TimerInterrupted
		e.Log.Warn("timer was interrupted: its handler was ended early, and it does not run again for that time", "script", n.script, "timer", n.name)
	case err != nil:
		outcome, fault = store.TimerFailed, clip.Text(err.Error(), maxFault)
	}
	now := e.now()
	e.persist(ctx, "end of a timer's run not noted", func() error {
		return e.Store.EndTimer(context.Background(), now, n.id, outcome, fault)
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	n.running = false
	if !n.spec.Repeats() {
		e.drop(n)
	} else {
		n.excused = !n.due.After(e.now())
		e.again(n)
	}
	e.end(n.owner())
}

// missed goes on to the next time, if there is one.
func (e *Engine) missed(a attempt) {
	e.Log.Info("timer missed", "script", a.script, "timer", a.name, "due", a.due, "late", a.late.Round(time.Second))
	e.mu.Lock()
	defer e.mu.Unlock()
	if a.next.IsZero() {
		e.drop(a.named)
		return
	}
	a.named.due = a.next
	e.again(a.named)
}

// stopped forgets a timer that the database does not give: it was removed there.
func (e *Engine) stopped(a attempt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a.running = false
	e.drop(a.named)
	e.end(a.owner())
}

// undo queues those that could not be claimed.
func (e *Engine) undo(attempts []attempt, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range attempts {
		n := a.named
		n.due, n.excused = a.due, true
		if n.running {
			n.running = false
			e.end(n.owner())
		}
		if !n.over {
			e.kept.put(&n.slot, at)
		}
	}
}

// release gives back timers that nobody has taken. They wait, and are tried now and
// then; those of a script that is busy, soon.
func (e *Engine) release(ctx context.Context, refused []attempt) {
	if len(refused) == 0 {
		return
	}
	ids := make([]int64, len(refused))
	for i, a := range refused {
		ids[i] = a.id
	}
	given := e.persist(ctx, "timers not given back", func() error { return e.Store.ReleaseTimers(context.Background(), ids) })
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	for _, a := range refused {
		n := a.named
		n.running, n.due, n.excused = false, a.due, a.start == Busy
		e.end(n.owner())
		until, why := now.Add(waitsFor), "timer waits: its script is not loaded or has no handler for it, or its account is gone"
		if a.start == Busy {
			until, why = now.Add(tryAgain), "timer waits: its script has too many handlers at work"
		}
		if e.held[n.key()].IsZero() && given {
			e.Log.Warn(why, "script", n.script, "timer", n.name, "due", n.due)
		}
		e.held[n.key()] = until
		if !n.over {
			e.kept.put(&n.slot, until)
		}
	}
}
