package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// job is what somebody waits for: a function that writes, or a Flush.
type job struct {
	do     func(tx *sql.Tx) error // nil: Flush, for which all that is noted is written
	failed error                  // what do returned; nothing of its work is left then
	done   chan error             // has room for the one answer
}

// commit has do write, and returns when that is on the disk, or why it is not.
//
// do runs once, on the Store's writing goroutine, in the order of the callers. It
// shares a transaction and its fsync with whatever else is to be written then, and
// sees what those before it wrote. If it returns an error, its own work is undone,
// commit returns that error, and the work of the others stays. When the transaction
// itself fails, as with a full disk, every caller gets that error, and nothing of
// it is in the database. do must not wait for anything, call the Store, or give its
// statements a context: one that is interrupted ends the transaction of all.
//
// When ctx ends first, commit returns ctx's error, and do may have run or may run
// yet: whether it is on the disk is in doubt, and variables that do sets must not
// be read.
func (s *Store) commit(ctx context.Context, do func(tx *sql.Tx) error) error {
	return s.ask(ctx, &job{do: do, done: make(chan error, 1)})
}

// Flush returns when everything noted before it is on the disk, or why it is not.
func (s *Store) Flush(ctx context.Context) error {
	return s.ask(ctx, &job{done: make(chan error, 1)})
}

func (s *Store) ask(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.queue(j)
	s.mu.Unlock()
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queue hands a job to the writer. The caller holds the mutex.
func (s *Store) queue(j *job) {
	s.jobs = append(s.jobs, j)
	select {
	case s.asked <- struct{}{}:
	default: // the writer has not come to the last one yet
	}
}

// work makes one transaction of the jobs that wait and, if it is due or one of
// them is a Flush, of what is noted. It reports whether that has to be tried again.
func (s *Store) work(told *trouble) (again bool) {
	jobs, b := s.take()
	if b == nil && len(jobs) == 0 {
		return false
	}
	revision, unwritten, err := s.transaction(b, jobs)
	s.states.publish(err == nil)
	if err != nil {
		err = s.explain(err)
		unwritten = err
	}
	unwritten = s.explain(unwritten)
	if b != nil {
		s.written(b, revision, unwritten)
		s.report(unwritten, told)
	}
	for _, j := range jobs {
		switch {
		case err != nil:
			j.done <- err
		case j.do == nil:
			j.done <- unwritten
		case codeOf(j.failed) != 0:
			j.done <- s.explain(j.failed)
		default:
			j.done <- j.failed
		}
	}
	return b != nil && unwritten != nil
}

// take gives the next transaction's jobs, and what is noted if that belongs to it.
func (s *Store) take() (jobs []*job, b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs, s.jobs = s.jobs, nil
	flush := slices.ContainsFunc(jobs, func(j *job) bool { return j.do == nil })
	if s.pending.empty() || !flush && s.wait() > 0 {
		return jobs, nil
	}
	noted := s.pending
	s.pending = newBatch()
	s.pending.entries.all, s.spare = s.spare, nil
	s.number(&noted)
	s.writing = &noted
	return jobs, &noted
}

// transaction writes what was noted, if it is given, and has the jobs write. It
// gives the revision of the log that it made, or 0; why it left out what was noted,
// which spoils no job; and why there was no transaction at all.
func (s *Store) transaction(b *batch, jobs []*job) (revision int64, unwritten, err error) {
	ctx := context.Background() // Close waits for it, and nothing may lose it
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	pace := &pace{}
	if b != nil {
		b.pace = pace
		if unwritten, err = within(tx, func(tx *sql.Tx) (err error) {
			revision, err = writeBatch(ctx, tx, b)
			return err
		}); err != nil {
			return 0, nil, err
		}
	}
	for _, j := range jobs {
		if j.do == nil {
			continue
		}
		pace.step()
		if j.failed, err = within(tx, j.do); err != nil {
			return 0, nil, err
		}
	}
	return revision, unwritten, tx.Commit()
}

// within has do be part of a transaction, or leave nothing in it. The second
// error is the transaction's end: SQLite undoes all of it when, say, the disk is
// full, and the savepoint goes with the rest.
func within(tx *sql.Tx, do func(tx *sql.Tx) error) (failed, err error) {
	if _, err := tx.Exec(`SAVEPOINT job`); err != nil {
		return nil, fmt.Errorf("begin a part: %w", err)
	}
	if failed = do(tx); failed != nil {
		if _, err := tx.Exec(`ROLLBACK TO job`); err != nil {
			return nil, failed
		}
	}
	if _, err := tx.Exec(`RELEASE job`); err != nil {
		return nil, fmt.Errorf("end a part: %w", err)
	}
	return failed, nil
}
