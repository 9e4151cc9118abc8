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
	entries  []Entry           // of all traces, in the order in which they were noted
	numbers  map[callKey]given // of calls and entries, while they are written
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
		len(b.calls) == 0 && len(b.entries) == 0
}

// restore puts back what could not be written, behind what came meanwhile.
func (b *batch) restore(failed batch) {
	maps.Copy(failed.peers, b.peers)
	maps.Copy(failed.updates, b.updates)
	maps.Copy(failed.channels, b.channels)
	maps.Copy(failed.calls, b.calls)
	failed.entries = append(failed.entries, b.entries...)
	*b = failed
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
	failing := false
	attempt := func() error {
		err := s.writePending()
		if err != nil {
			timer.Reset(retry)
		}
		s.report(err, &failing)
		return err
	}
	for {
		select {
		case <-s.dirty:
			timer.Reset(s.lag)
		case <-timer.C:
			_ = attempt() // reported, and tried again
		case answer := <-s.flush:
			answer <- attempt()
		case <-s.quit:
			return
		}
	}
}

// report logs the first failure of a row and the success that ends it.
func (s *Store) report(err error, failing *bool) {
	switch {
	case err != nil && !*failing:
		s.log.Error("database cannot be written, trying again", slog.Any("err", err))
	case err == nil && *failing:
		s.log.Info("database is written again")
	}
	*failing = err != nil
}

func (s *Store) writePending() error {
	s.mu.Lock()
	b := s.pending
	s.pending = newBatch()
	if b.empty() {
		s.mu.Unlock()
		return nil
	}
	s.number(&b)
	s.writing = &b
	s.mu.Unlock()
	revision, err := s.transaction(&b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = nil
	if err != nil {
		s.pending.restore(b)
		return s.explain(err)
	}
	s.peers.written(s.pending.peers)
	s.numbers.confirm(b.numbers)
	s.revision = max(s.revision, revision)
	return nil
}

// number takes along the numbers of the batch's calls and entries.
func (s *Store) number(b *batch) {
	b.numbers = make(map[callKey]given, len(b.calls))
	for key := range b.calls {
		b.numbers[key] = s.numbers.given[key]
	}
	for i := range b.entries {
		if key := b.entries[i].key(); b.numbers[key].number == 0 {
			b.numbers[key] = s.numbers.given[key]
		}
	}
}

// transaction gives the revision of the log that it made, or 0.
func (s *Store) transaction(b *batch) (revision int64, err error) {
	ctx := context.Background() // Close waits for it, and nothing may lose it
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return revision, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if err := writePeers(ctx, tx, b.peers); err != nil {
		return revision, fmt.Errorf("write peers: %w", err)
	}
	if err := writeStates(ctx, tx, b); err != nil {
		return revision, fmt.Errorf("write update states: %w", err)
	}
	if revision, err = writeLog(ctx, tx, b); err != nil {
		return revision, err
	}
	return revision, tx.Commit()
}

func writePeers(ctx context.Context, tx *sql.Tx, peers map[peerKey]Peer) error {
	if len(peers) == 0 {
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
	for key, p := range peers {
		if _, err := statement.ExecContext(ctx,
			key.owner, p.Kind, p.ID, p.AccessHash, p.Username, p.Phone, p.Seen.Unix()); err != nil {
			return err
		}
	}
	return nil
}
