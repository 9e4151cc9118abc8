package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Timer is a named timer of a script.
type Timer struct {
	ID      int64
	Script  string
	Name    string
	Kind    string        // "after", which runs once, or how it repeats
	Spec    string        // when it is due, for a person; another one is another timer
	Missed  time.Duration // how late it may run if it was missed; MissedRun: however late
	Data    []byte
	Account string // "": none
	State   string
	Due     time.Time // next

	Began   time.Time // the last run; zero: there was none
	Ended   time.Time // its end, or when it was found missed or interrupted
	Outcome string    // "" before the first
	Fault   string    // why it failed
}

// Once says that the timer ends when it has run.
func (t *Timer) Once() bool { return t.Kind == "after" }

// MissedRun is a Timer's Missed that has no limit.
const MissedRun time.Duration = -1

// States of a timer.
const (
	TimerPending = "pending"
	TimerRunning = "running"
	TimerEnded   = "ended"
)

// Outcomes of a timer's run.
const (
	TimerDone        = "done"
	TimerFailed      = "failed"
	TimerInterrupted = "interrupted" // begun, and nobody knows how far it came
	TimerMissed      = "missed"      // not begun
)

// Timers that have run once stay in the database for a person to look at, without
// their data.
const (
	keepEnded    = 7 * 24 * time.Hour
	mostEnded    = 10_000
	timersPruned = 100 // the end of one timer in so many removes the old ones
)

// AddTimer keeps a new timer and gives its number.
func (s *Store) AddTimer(ctx context.Context, t Timer) (id int64, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) error {
		var err error
		id, err = insertTimer(tx, &t)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func insertTimer(tx *sql.Tx, t *Timer) (id int64, err error) {
	if err := tx.QueryRow(`UPDATE counters SET last = last + 1 WHERE name = 'timer' RETURNING last`).Scan(&id); err != nil {
		return 0, fmt.Errorf("number a timer: %w", err)
	}
	if t.Data == nil {
		t.Data = []byte{}
	}
	_, err = tx.Exec(`
		INSERT INTO timers (id, script, name, kind, spec, missed, data, account, state, due, was, claimed, began, ended, outcome, fault)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, 0, 0, 0, 0, '', '')`,
		id, t.Script, t.Name, t.Kind, t.Spec, lateness(t.Missed), t.Data, t.Account, micros(t.Due))
	if err != nil {
		return 0, fmt.Errorf("keep a timer: %w", err)
	}
	return id, nil
}

func lateness(d time.Duration) int64 {
	if d == MissedRun {
		return -1
	}
	return d.Microseconds()
}

func fromLateness(n int64) time.Duration {
	if n < 0 {
		return MissedRun
	}
	return time.Duration(n) * time.Microsecond
}

// StopTimer forgets a timer. False says that there was nothing to stop: it has
// ended, or runs for the last time.
func (s *Store) StopTimer(ctx context.Context, id int64) (stopped bool, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) error {
		result, err := tx.Exec(`DELETE FROM timers WHERE id = $1 AND (state = 'pending' OR state = 'running' AND kind <> 'after')`, id)
		if err != nil {
			return fmt.Errorf("stop a timer: %w", err)
		}
		n, err := result.RowsAffected()
		stopped = n > 0
		return err
	})
	return err == nil && stopped, err
}

// ForgetTimers removes all timers of a script.
func (s *Store) ForgetTimers(ctx context.Context, script string) (n int64, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) error {
		result, err := tx.Exec(`DELETE FROM timers WHERE script = $1`, script)
		if err != nil {
			return fmt.Errorf("forget timers: %w", err)
		}
		n, err = result.RowsAffected()
		return err
	})
	return n, err
}

// DeclareTimers makes the repeating timers of a script those that are given. One
// that the script had and whose Kind and Spec are the same stays due when it was.
// It gives all timers of the script that are to run.
func (s *Store) DeclareTimers(ctx context.Context, script string, declared []Timer) (all []Timer, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) (err error) {
		had, err := queryTimers(tx, `WHERE script = $1 AND kind <> 'after'`, script)
		if err != nil {
			return err
		}
		old := make(map[string]*Timer, len(had))
		for i := range had {
			old[had[i].Name] = &had[i]
		}
		for i := range declared {
			if err := declareTimer(tx, &declared[i], old[declared[i].Name]); err != nil {
				return err
			}
			delete(old, declared[i].Name)
		}
		for _, t := range old {
			if _, err := tx.Exec(`DELETE FROM timers WHERE id = $1`, t.ID); err != nil {
				return fmt.Errorf("end a timer: %w", err)
			}
		}
		all, err = queryTimers(tx, `WHERE script = $1 AND (state = 'pending' OR state = 'running' AND kind <> 'after')`, script)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func declareTimer(tx *sql.Tx, t, old *Timer) error {
	if old == nil {
		_, err := insertTimer(tx, t)
		return err
	}
	due := t.Due
	if old.Kind == t.Kind && old.Spec == t.Spec {
		due = old.Due
	}
	if t.Data == nil {
		t.Data = []byte{}
	}
	_, err := tx.Exec(`UPDATE timers SET kind = $1, spec = $2, missed = $3, data = $4, account = $5, due = $6 WHERE id = $7`,
		t.Kind, t.Spec, lateness(t.Missed), t.Data, t.Account, micros(due), old.ID)
	if err != nil {
		return fmt.Errorf("change a timer: %w", err)
	}
	return nil
}
