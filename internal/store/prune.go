package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	pruneEvery = time.Minute
	sweepEvery = 24 * time.Hour
	pruneStep  = 50             // calls in one transaction, which others may have to wait for
	expireStep = 500            // keys of scripts in one
	vacuumStep = 250            // pages in one
	longest    = 24 * time.Hour // what goes on after that was lost by a crash
)

// pruner removes what is older than the log is kept, the oldest of what is more,
// and what scripts kept for a time that is over, on a goroutine of its own and in
// small transactions.
type pruner struct {
	*Store
	keep Keep

	swept   time.Time // when traces without a call were last looked for
	last    int64     // the last number that was given by then
	failing bool
}

// run returns when the Store is closed. It sleeps while there is nothing to remove
// nor will be.
func (p *pruner) run() {
	defer close(p.pruned)
	ctx := context.Background() // each step is short
	due := make(chan struct{}, 1)
	for {
		more, err := p.pass(ctx)
		if errors.Is(err, ErrClosed) {
			return
		}
		if err != nil && !p.failing {
			p.log.Warn("what is old cannot be removed, trying again", slog.Any("err", p.explain(err)))
		}
		if p.failing = err != nil; !p.failing && !more {
			select {
			case <-p.states.expiring:
			case <-p.quit:
				return
			}
		}
		timer := p.clock.AfterFunc(pruneEvery, func() { due <- struct{}{} })
		select {
		case <-due:
		case <-p.quit:
			timer.Stop()
			return
		}
	}
}

// pass removes what there is to remove, and says whether there will be more.
func (p *pruner) pass(ctx context.Context) (more bool, err error) {
	if more, err = p.expire(ctx); err != nil {
		return more, fmt.Errorf("remove expired state: %w", err)
	}
	if p.keep == (Keep{}) {
		return more, nil
	}
	return true, p.prune(ctx)
}

// prune removes calls.
func (p *pruner) prune(ctx context.Context) error {
	now := p.clock.Now()
	if now.Sub(p.swept) >= sweepEvery {
		if err := p.sweep(ctx); err != nil {
			return fmt.Errorf("look for traces without a call: %w", err)
		}
		p.swept = now
	}
	if p.keep.Age > 0 {
		if err := p.removeUntil(ctx, now.Add(-p.keep.Age), func() (bool, error) { return true, nil }); err != nil {
			return fmt.Errorf("remove old calls: %w", err)
		}
	}
	if p.keep.Size > 0 {
		if err := p.shrink(ctx); err != nil {
			return fmt.Errorf("remove the oldest calls: %w", err)
		}
	}
	return p.vacuum(ctx)
}

// expire removes what scripts kept for a time that is over, and says whether there
// is something whose time will be.
func (p *pruner) expire(ctx context.Context) (more bool, err error) {
	for {
		var first int64
		err := p.reader.QueryRowContext(ctx, `SELECT coalesce(min(expires), 0) FROM state WHERE expires <> 0`).Scan(&first)
		now := p.clock.Now()
		if err != nil || first == 0 || first > now.UnixMicro() {
			return first != 0, err
		}
		if err := p.commit(ctx, func(tx *sql.Tx) error {
			d, err := removeExpired(tx, now, expireStep, `TRUE`)
			if err == nil {
				p.states.draft.add(d)
			}
			return err
		}); err != nil {
			return true, err
		}
	}
}

// shrink removes calls from a database that is too large until there is some
// room again.
func (p *pruner) shrink(ctx context.Context) error {
	limit := p.keep.Size
	anyTime := p.clock.Now().Add(longest) // Telegram's clock may be ahead
	return p.removeUntil(ctx, anyTime, func() (bool, error) {
		pages, err := p.pages(ctx)
		if pages.used() <= limit {
			return false, err
		}
		limit = p.keep.Size - p.keep.Size/20
		return true, err
	})
}

// removeUntil removes the oldest calls, while there is more to do, but none that
// rang after the time, and none that is going on.
func (p *pruner) removeUntil(ctx context.Context, before time.Time, more func() (bool, error)) error {
	for {
		select {
		case <-p.quit:
			return nil
		default:
		}
		if goOn, err := more(); err != nil || !goOn {
			return err
		}
		removed, err := p.remove(ctx, before)
		if err != nil || removed == 0 {
			return err
		}
		p.log.Debug("old calls removed from the log", slog.Int64("calls", removed))
	}
}

// remove removes the oldest calls with their traces, in one transaction.
func (p *pruner) remove(ctx context.Context, before time.Time) (removed int64, err error) {
	const oldest = `SELECT number FROM calls
		WHERE date < $1 AND (state = 'ended' OR date < $2) ORDER BY date, number LIMIT $3`
	lost := p.clock.Now().Add(-longest)
	err = p.commit(ctx, func(tx *sql.Tx) error {
		var result sql.Result
		for _, statement := range []string{
			`DELETE FROM traces WHERE call IN (` + oldest + `)`,
			`DELETE FROM calls WHERE number IN (` + oldest + `)`,
		} {
			if result, err = tx.Exec(statement, before.UnixMicro(), lost.UnixMicro(), pruneStep); err != nil {
				return err
			}
		}
		removed, err = result.RowsAffected()
		return err
	})
	return removed, err
}

// sweep removes the traces of calls that never came into the log, or that were
// removed while something was still noted of them. It leaves those alone whose
// number was given since the last time: they may come yet.
func (p *pruner) sweep(ctx context.Context) error {
	rows, err := p.reader.QueryContext(ctx, `
		SELECT DISTINCT call FROM traces
		WHERE call <= $1 AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.number = traces.call)`, p.last)
	if err != nil {
		return err
	}
	defer rows.Close()
	var lost []int64
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return err
		}
		lost = append(lost, number)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, number := range lost {
		if err := p.commit(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE FROM traces WHERE call = $1`, number)
			return err
		}); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = p.numbers.last
	return nil
}

// vacuum gives pages back to the file system when many are free; a few are left
// to be used again.
func (p *pruner) vacuum(ctx context.Context) error {
	for {
		before, err := p.pages(ctx)
		if err != nil || before.free <= before.all/8 {
			return err
		}
		if err := giveBack(ctx, p.writer, min(vacuumStep, before.free)); err != nil {
			return fmt.Errorf("give space back: %w", err)
		}
		after, err := p.pages(ctx)
		if err != nil || after.free >= before.free {
			return err // made before there was a way to
		}
		select {
		case <-p.quit:
			return nil
		default:
		}
	}
}

func (p *pruner) pages(ctx context.Context) (pages, error) { return countPages(ctx, p.reader) }
