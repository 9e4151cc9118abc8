package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"time"
)

// batch is what one transaction writes: the latest value for each key, however
// often it changed since the last one.
type batch struct {
	peers    map[peerKey]Peer
	updates  map[int64]UpdateState
	channels map[channelKey]int
	calls    map[callKey]Call
	entries  backlog
	numbers  map[callKey]given // of calls and entries, while they are written
	pace     *pace             // of the transaction that writes it
}

// retry is how long a write that did not work waits for the next attempt: a
// full disk may be emptied.
const retry = time.Second

func newBatch() batch {
	return batch{
		peers:    make(map[peerKey]Peer),
		updates:  make(map[int64]UpdateState),
		channels: make(map[channelKey]int),
		calls:    make(map[callKey]Call),
	}
}

func (b batch) empty() bool {
	return len(b.peers) == 0 && len(b.updates) == 0 && len(b.channels) == 0 &&
		len(b.calls) == 0 && len(b.entries.all) == 0
}

// restore puts back what could not be written, behind what came meanwhile. It
// gives the number of entries of traces that there was no room for.
func (b *batch) restore(failed batch) (dropped int) {
	maps.Copy(failed.peers, b.peers)
	maps.Copy(failed.updates, b.updates)
	maps.Copy(failed.channels, b.channels)
	maps.Copy(failed.calls, b.calls)
	dropped = b.entries.before(failed.entries)
	failed.entries = b.entries
	*b = failed
	return dropped
}

// note changes the pending batch and wakes the writer. It reports whether the
// Store is still open.
func (s *Store) note(change func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	clean := s.pending.empty()
	change()
	if clean && !s.pending.empty() {
		s.due = time.Now().Add(s.lag)
		select {
		case s.dirty <- struct{}{}:
		default: // the writer has not come to the last one yet
		}
	}
	return true
}

// write is the one goroutine that writes. Close ends it.
func (s *Store) write() {
	defer close(s.stopped)
	timer := time.NewTimer(0)
	timer.Stop()
	var told trouble
	for {
		select {
		case <-s.dirty:
			timer.Reset(s.untilDue())
			continue
		case <-timer.C:
		case <-s.asked:
		case <-s.quit:
			return
		}
		if again := s.work(&told); again {
			timer.Reset(s.untilDue())
		}
	}
}

// wait is how long what is noted may still wait for company. The caller holds
// the mutex.
func (s *Store) wait() time.Duration { return time.Until(s.due) }

func (s *Store) untilDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wait()
}

// trouble is what the log was told of.
type trouble struct {
	failing bool
	dropped int // entries of traces since then
}

// report logs the first failure of a row and the success that ends it, and that
// entries are dropped when the first is.
func (s *Store) report(err error, told *trouble) {
	s.mu.Lock()
	dropped := s.dropped
	s.dropped = 0
	s.mu.Unlock()
	if err != nil && !told.failing {
		s.log.Error("database cannot be written, trying again", slog.Any("err", err))
	}
	if dropped > 0 && told.dropped == 0 {
		s.log.Warn("traces lose their oldest entries: the database does not take them as fast as they come")
	}
	told.dropped += dropped
	switch {
	case err != nil:
	case told.dropped > 0:
		s.log.Info("database is written again", slog.Int("entries_dropped", told.dropped))
		told.dropped = 0
	case told.failing:
		s.log.Info("database is written again")
	}
	told.failing = err != nil
}

// written is told how the writing of a batch ended.
func (s *Store) written(b *batch, revision int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = nil
	if err != nil {
		s.dropped += s.pending.restore(*b)
		s.due = time.Now().Add(retry)
		return
	}
	s.peers.written(s.pending.peers)
	s.numbers.confirm(b.numbers)
	s.revision = max(s.revision, revision)
	s.spare = b.entries.emptied()
}

// number takes along the numbers of the batch's calls and entries.
func (s *Store) number(b *batch) {
	b.numbers = make(map[callKey]given, len(b.calls))
	for key := range b.calls {
		b.numbers[key] = s.numbers.given[key]
	}
	for key := range b.entries.calls {
		b.numbers[key] = s.numbers.given[key]
	}
}

// writeBatch gives the revision of the log that it made, or 0.
func writeBatch(ctx context.Context, tx *sql.Tx, b *batch) (revision int64, err error) {
	if err := writePeers(ctx, tx, b); err != nil {
		return 0, fmt.Errorf("write peers: %w", err)
	}
	if err := writeStates(ctx, tx, b); err != nil {
		return 0, fmt.Errorf("write update states: %w", err)
	}
	return writeLog(ctx, tx, b)
}

func writePeers(ctx context.Context, tx *sql.Tx, b *batch) error {
	if len(b.peers) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, `
		INSERT INTO peers (owner, kind, id, access_hash, username, phone, seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (owner, kind, id) DO UPDATE SET
			access_hash = excluded.access_hash, username = excluded.username,
			phone = excluded.phone, seen = excluded.seen`)
	if err != nil {
		return err
	}
	defer statement.Close()
	for key, p := range b.peers {
		b.pace.step()
		if _, err := statement.ExecContext(ctx,
			key.owner, p.Kind, p.ID, p.AccessHash, p.Username, p.Phone, p.Seen.Unix()); err != nil {
			return err
		}
	}
	return nil
}
