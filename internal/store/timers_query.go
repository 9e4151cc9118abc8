package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// TimerQuery chooses timers. Its zero value chooses those that are to run.
type TimerQuery struct {
	Script string
	Name   string
	Ended  bool // also those that will not run again
}

const timerColumns = `id, script, name, kind, spec, missed, data, account, state, due, claimed, began, ended, outcome, fault`

// Timers is Reader.Timers.
func (s *Store) Timers(ctx context.Context, q TimerQuery) ([]Timer, error) {
	return s.disk.Timers(ctx, q)
}

// Timers returns the timers that q chooses: those that are to run by when they are
// due, then those that have ended, the last one first.
func (r *Reader) Timers(ctx context.Context, q TimerQuery) ([]Timer, error) {
	var where []string
	var args []any
	for _, f := range []struct{ column, value string }{{"script", q.Script}, {"name", q.Name}} {
		if f.value != "" {
			args = append(args, f.value)
			where = append(where, fmt.Sprintf("%s = $%d", f.column, len(args)))
		}
	}
	if !q.Ended {
		where = append(where, "state <> 'ended'")
	}
	rest := ""
	if len(where) > 0 {
		rest = "WHERE " + strings.Join(where, " AND ")
	}
	rows, err := r.db.QueryContext(ctx, selectTimers(rest+" ORDER BY state = 'ended', CASE WHEN state = 'ended' THEN -ended ELSE due END, id"), args...)
	if err != nil {
		return nil, explain(r.path, err)
	}
	timers, err := scanTimers(rows)
	return timers, explain(r.path, err)
}

func selectTimers(rest string) string { return `SELECT ` + timerColumns + ` FROM timers ` + rest }

func queryTimers(tx *sql.Tx, rest string, args ...any) ([]Timer, error) {
	rows, err := tx.Query(selectTimers(rest), args...)
	if err != nil {
		return nil, fmt.Errorf("read timers: %w", err)
	}
	return scanTimers(rows)
}

func scanTimers(rows *sql.Rows) (timers []Timer, err error) {
	defer rows.Close()
	for rows.Next() {
		t, err := scanTimer(rows)
		if err != nil {
			return nil, fmt.Errorf("read a timer: %w", err)
		}
		timers = append(timers, t)
	}
	return timers, rows.Err()
}

func scanTimer(row interface{ Scan(...any) error }) (Timer, error) {
	var t Timer
	var missed, due, claimed, began, ended int64
	err := row.Scan(&t.ID, &t.Script, &t.Name, &t.Kind, &t.Spec, &missed, &t.Data, &t.Account, &t.State,
		&due, &claimed, &began, &ended, &t.Outcome, &t.Fault)
	t.Missed, t.Due = fromLateness(missed), fromMicros(due)
	t.Began, t.Ended = fromMicros(began), fromMicros(ended)
	if t.State == TimerRunning {
		t.Began = fromMicros(claimed)
	}
	return t, err
}
