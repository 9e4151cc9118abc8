package schedule

import (
	"context"
	"maps"
	"slices"

	"luahost/internal/store"
)

// Declare makes those given the repeating timers of a script that has been loaded,
// and starts whatever else it has on the disk. It returns at once; the rest happens
// as soon as the disk allows.
func (e *Engine) Declare(script string, timers []Named) {
	if e.Store == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.declared[script] = timers
	e.more()
}

// more has declareAll look again.
func (e *Engine) more() {
	select {
	case e.declare <- struct{}{}:
	default:
	}
}

// declareAll writes what is declared, until ctx ends.
func (e *Engine) declareAll(ctx context.Context) {
	for {
		select {
		case <-e.declare:
		case <-ctx.Done():
			return
		}
		e.mu.Lock()
		scripts := slices.Sorted(maps.Keys(e.declared))
		e.mu.Unlock()
		for _, script := range scripts {
			e.persist(ctx, "timers of "+script+" not kept", func() error { return e.settle(script) })
		}
	}
}

// settle writes what a script has declared, if that is still to be done.
func (e *Engine) settle(script string) error {
	if e.Store == nil {
		return ErrNoStore
	}
	e.claiming.Lock()
	defer e.claiming.Unlock()
	e.mu.Lock()
	timers, ok := e.declared[script]
	delete(e.declared, script)
	e.mu.Unlock()
	if !ok {
		return nil
	}
	err := e.declareOne(script, timers)
	if err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, newer := e.declared[script]; !newer {
			e.declared[script] = timers
			e.more()
		}
	}
	return err
}

// declareOne is called with claiming held.
func (e *Engine) declareOne(script string, timers []Named) error {
	now, rows, specs := e.now(), make([]store.Timer, len(timers)), make(map[string]Spec, len(timers))
	for i := range timers {
		rows[i] = timers[i].row(now)
		specs[timers[i].Name] = timers[i].Spec
	}
	all, err := e.Store.DeclareTimers(context.Background(), script, rows)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	gone := make(map[int64]*named)
	for id, n := range e.named {
		if n.script == script {
			delete(e.held, n.key())
			if n.spec.Repeats() {
				gone[id] = n
			}
		}
	}
	for i := range all {
		e.found(&all[i], specs)
		delete(gone, all[i].ID)
	}
	for _, n := range gone {
		e.drop(n)
	}
	return nil
}

// found takes in what the database has of a timer, with mu held.
func (e *Engine) found(row *store.Timer, specs map[string]Spec) {
	n := e.named[row.ID]
	if n == nil {
		l := e.line(Owner{Script: row.Script})
		l.timers++
		l.data += len(row.Data)
		n = e.add(row)
	}
	e.line(n.owner()).data += len(row.Data) - n.data
	n.missed, n.data = row.Missed, len(row.Data)
	if !row.Once() {
		n.spec, n.due = specs[row.Name], row.Due
		e.repeats[n.key()] = n
	}
	if n.running {
		e.kept.take(&n.slot)
	} else {
		e.kept.put(&n.slot, n.due)
	}
}
