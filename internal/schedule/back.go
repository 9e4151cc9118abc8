package schedule

import (
	"context"
	"time"

	"luahost/internal/store"
)

// unnamedBack moves the unnamed timers that wait when the clock was set back; those at
// work see it when they end.
func (e *Engine) unnamedBack(by time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.calling.now()
	for _, t := range e.calling.all() {
		if t.due = t.spec.Sooner(t.due, now, by); !t.over {
			e.calling.put(&t.slot, t.due)
		}
	}
}

// namedBack moves the named timers that have runs to come when the clock was set
// back, on the disk first.
func (e *Engine) namedBack(ctx context.Context, by time.Duration) {
	e.claiming.Lock()
	defer e.claiming.Unlock()
	e.Log.Warn("the clock was set back", "by", by.Round(time.Second))
	now := e.now()
	var moves []store.Claim
	e.mu.Lock()
	for _, n := range e.named { // those at work too: their next time counts from the wrong one
		if n.spec == (Spec{}) || n.running && !n.spec.Repeats() {
			continue
		}
		if next := n.spec.Sooner(n.due, now, by); !next.Equal(n.due) {
			moves = append(moves, store.Claim{ID: n.id, Due: n.due, Next: next})
		}
	}
	e.mu.Unlock()
	if len(moves) == 0 || !e.persist(ctx, "timers not moved", func() error { return e.Store.MoveTimers(context.Background(), moves) }) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range moves {
		if n := e.named[m.ID]; n != nil && !n.over {
			n.due = m.Next
			if !n.running {
				e.kept.put(&n.slot, e.startAt(n))
			}
		}
	}
}
