package schedule

import (
	"context"
	"slices"
	"time"

	"luahost/internal/clock"
	"luahost/internal/store"
)

// Named is a named timer that a script asks for.
type Named struct {
	Script  string
	Name    string
	Spec    Spec
	Missed  time.Duration // how late it may run if it was missed; store.MissedRun: however late
	Data    []byte
	Account string // that it is made for; "": none
}

func (n *Named) row(now time.Time) store.Timer {
	return store.Timer{
		Script: n.Script, Name: n.Name, Kind: n.Spec.Kind(), Spec: n.Spec.String(), Missed: n.Missed,
		Data: n.Data, Account: n.Account, Due: n.Spec.First(now),
	}
}

// named is a row that is to run. But for id and script it is guarded by engine.mu.
type named struct {
	id     int64
	script string
	name   string
	missed time.Duration
	data   int // bytes on the disk
	spec   Spec
	slot   slot[*named]

	due     time.Time
	running bool
	over    bool
	excused bool // it comes late for a reason of its own, and is not missed
}

func (n *named) key() key     { return key{n.script, n.name} }
func (n *named) owner() Owner { return Owner{Script: n.script} }

// Keep makes a timer that runs once. When it returns, the timer is on the disk.
func (e *Engine) Keep(n Named) (id int64, err error) {
	if e.Store == nil {
		return 0, ErrNoStore
	}
	e.mu.Lock()
	err = e.enter(Owner{Script: n.Script}, len(n.Data))
	e.mu.Unlock()
	if err != nil {
		return 0, err
	}
	row := n.row(e.now())
	// The disk is waited for even if the handler ends: what it keeps has to be known.
	row.ID, err = e.Store.AddTimer(context.Background(), row)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.leave(Owner{Script: n.Script}, len(n.Data))
		return 0, err
	}
	if e.named[row.ID] != nil { // a declaration has found it on the disk
		e.leave(Owner{Script: n.Script}, len(n.Data))
	} else {
		e.add(&row)
	}
	return row.ID, nil
}

// add takes in a row, with mu held.
func (e *Engine) add(row *store.Timer) *named {
	n := &named{id: row.ID, script: row.Script, name: row.Name, missed: row.Missed, data: len(row.Data), due: row.Due}
	n.slot.of = n
	if d, err := clock.ParseDuration(row.Spec); err == nil && row.Once() {
		n.spec = Spec{kind: KindAfter, d: d}
	}
	e.named[n.id] = n
	e.kept.put(&n.slot, e.startAt(n))
	return n
}

// startAt is when n is to be tried, with mu held.
func (e *Engine) startAt(n *named) time.Time {
	if held := e.held[n.key()]; held.After(n.due) {
		return held
	}
	return n.due
}

// drop forgets n, with mu held.
func (e *Engine) drop(n *named) {
	if !n.over {
		n.over = true
		e.kept.take(&n.slot)
		delete(e.named, n.id)
		if e.repeats[n.key()] == n {
			delete(e.repeats, n.key())
		}
		e.leave(n.owner(), n.data)
	}
}

// Forget stops a named timer, and says whether there was anything left to come.
func (e *Engine) Forget(id int64) (bool, error) {
	if e.Store == nil {
		return false, ErrNoStore
	}
	stopped, err := e.Store.StopTimer(context.Background(), id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.named[id]; n != nil && stopped {
		e.drop(n)
	}
	return stopped, err
}

// ForgetDeclared stops a timer that the script declared. It begins again when the
// script is next loaded.
func (e *Engine) ForgetDeclared(script, name string) (bool, error) {
	if err := e.settle(script); err != nil {
		return false, err
	}
	e.mu.Lock()
	n := e.repeats[key{script, name}]
	e.mu.Unlock()
	if n == nil {
		return false, nil
	}
	return e.Forget(n.id)
}

// DueOf is when a timer that a script declared is due next; false: it is not, or the
// disk has not been asked yet.
func (e *Engine) DueOf(script, name string) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.repeats[key{script, name}]; n != nil {
		return n.due, true
	}
	return time.Time{}, false
}

// Pending is when a named timer is due next; false: it is not.
func (e *Engine) Pending(id int64) (due time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.named[id]
	if n == nil || n.running && !n.spec.Repeats() {
		return due, false
	}
	return n.due, true
}

// Named lists the named timers of a script that are to run, also by name.
func (e *Engine) Named(script, name string) ([]store.Timer, error) {
	if e.Store == nil {
		return nil, ErrNoStore
	}
	if err := e.settle(script); err != nil {
		return nil, err
	}
	all, err := e.Store.Timers(context.Background(), store.TimerQuery{Script: script, Name: name})
	return slices.DeleteFunc(all, func(t store.Timer) bool { return t.State == store.TimerRunning && t.Once() }), err
}
