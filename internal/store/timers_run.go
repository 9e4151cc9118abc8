package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Claim is a timer that somebody is about to run, or leaves out.
type Claim struct {
	ID   int64
	Due  time.Time // as the claimer knows it
	Next time.Time // when it is due again; zero for one that runs once
	Miss bool      // it was missed and does not run
}

// ClaimTimers takes timers at the time now, and gives those that now run: nobody
// else gets them, and after a crash they do not run again. Timers that were stopped
// meanwhile, or are due at another time, and those that are missed are not given.
func (s *Store) ClaimTimers(ctx context.Context, now time.Time, claims []Claim) (claimed []Timer, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) error {
		claimed = nil
		for _, c := range claims {
			if c.Miss {
				if err := missTimer(tx, now, c); err != nil {
					return err
				}
				continue
			}
			t, err := scanTimer(tx.QueryRow(`
				UPDATE timers SET state = 'running', was = due, claimed = $1, due = CASE WHEN kind = 'after' THEN due ELSE $2 END
				WHERE id = $3 AND state = 'pending' AND due = $4
				RETURNING `+timerColumns, micros(now), micros(c.Next), c.ID, micros(c.Due)))
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return fmt.Errorf("claim a timer: %w", err)
			}
			claimed = append(claimed, t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func missTimer(tx *sql.Tx, now time.Time, c Claim) error {
	_, err := tx.Exec(`
		UPDATE timers SET outcome = 'missed', ended = $1, fault = '',
			state = CASE WHEN kind = 'after' THEN 'ended' ELSE state END,
			data = CASE WHEN kind = 'after' THEN $5 ELSE data END,
			due = CASE WHEN kind = 'after' THEN due ELSE $2 END
		WHERE id = $3 AND state = 'pending' AND due = $4`, micros(now), micros(c.Next), c.ID, micros(c.Due), []byte{})
	if err != nil {
		return fmt.Errorf("note a missed timer: %w", err)
	}
	return nil
}

// MoveTimers has timers be due at Next, for those that run the next time.
func (s *Store) MoveTimers(ctx context.Context, moves []Claim) error {
	return s.commit(ctx, func(tx *sql.Tx) error {
		for _, m := range moves {
			if _, err := tx.Exec(`
				UPDATE timers SET due = $1 WHERE id = $2 AND (state = 'pending' OR state = 'running' AND kind <> 'after') AND due = $3`,
				micros(m.Next), m.ID, micros(m.Due)); err != nil {
				return fmt.Errorf("move a timer: %w", err)
			}
		}
		return nil
	})
}

// ReleaseTimers gives back timers that were claimed and have not begun to run.
func (s *Store) ReleaseTimers(ctx context.Context, ids []int64) error {
	return s.commit(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(`UPDATE timers SET state = 'pending', due = was, claimed = 0 WHERE id = $1 AND state = 'running'`, id); err != nil {
				return fmt.Errorf("give back a timer: %w", err)
			}
		}
		return nil
	})
}

// EndTimer notes how the run of a timer ended, at the time now.
func (s *Store) EndTimer(ctx context.Context, now time.Time, id int64, outcome, fault string) error {
	return s.commit(ctx, func(tx *sql.Tx) error {
		if err := endTimer(tx, now, id, outcome, fault); err != nil {
			return err
		}
		if id%timersPruned != 0 {
			return nil
		}
		return pruneTimers(tx, now)
	})
}

func endTimer(tx *sql.Tx, now time.Time, id int64, outcome, fault string) error {
	_, err := tx.Exec(`
		UPDATE timers SET state = CASE WHEN kind = 'after' THEN 'ended' ELSE 'pending' END,
			data = CASE WHEN kind = 'after' THEN $5 ELSE data END,
			began = claimed, claimed = 0, ended = $1, outcome = $2, fault = $3
		WHERE id = $4 AND state = 'running'`, micros(now), outcome, fault, id, []byte{})
	if err != nil {
		return fmt.Errorf("end the run of a timer: %w", err)
	}
	return nil
}

// pruneTimers removes those that ended long ago, or are too many.
func pruneTimers(tx *sql.Tx, now time.Time) error {
	if _, err := tx.Exec(`
		DELETE FROM timers WHERE state = 'ended' AND (ended < $1 OR ended < (
			SELECT ended FROM timers WHERE state = 'ended' ORDER BY ended DESC LIMIT 1 OFFSET $2))`,
		micros(now.Add(-keepEnded)), mostEnded); err != nil {
		return fmt.Errorf("forget old timers: %w", err)
	}
	return nil
}

// InterruptTimers is called before any timer is claimed: those that are said to
// run were cut off when their process ended. It gives them as they are now, with
// the outcome interrupted.
func (s *Store) InterruptTimers(ctx context.Context, now time.Time) (cut []Timer, err error) {
	err = s.commit(ctx, func(tx *sql.Tx) error {
		cut, err = queryTimers(tx, `WHERE state = 'running' ORDER BY id`)
		if err != nil {
			return err
		}
		for i := range cut {
			if err := endTimer(tx, now, cut[i].ID, TimerInterrupted, ""); err != nil {
				return err
			}
			if cut[i], err = scanTimer(tx.QueryRow(`SELECT `+timerColumns+` FROM timers WHERE id = $1`, cut[i].ID)); err != nil {
				return err
			}
		}
		return pruneTimers(tx, now)
	})
	if err != nil {
		return nil, err
	}
	return cut, nil
}
