// Package store keeps what must outlive the process in one SQLite file: whom
// the accounts have seen, and how far they have read their updates.
//
// A command opens one Store and gives it to its accounts. Every method may be
// called from any goroutine. Note methods return at once: what they are given is
// readable from then on and reaches the disk in the next shared transaction,
// on the Store's one goroutine, so that no decision about a call ever waits for
// a disk. Flush waits for the disk, and Close loses nothing; a crash loses at
// most the last Lag. The package knows nothing of Telegram's types.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options of Open. Path is required.
type Options struct {
	Path string        // of the database; its folder is created for the owner's eyes only
	Log  *slog.Logger  // default: discards
	Lag  time.Duration // how long a write may wait for company in its transaction; default 250 ms
}

// Store is an open database.
type Store struct {
	path   string
	log    *slog.Logger
	lag    time.Duration
	writer *sql.DB // one connection: SQLite has one writer, and queueing for it in Go is fair
	reader *sql.DB

	mu      sync.Mutex
	closed  bool
	peers   overlay
	pending batch

	dirty   chan struct{}   // holds one token while pending is not empty
	flush   chan chan error // Flush asks here
	quit    chan struct{}   // closed by Close
	stopped chan struct{}   // closed when the writing goroutine has returned
}

// ErrClosed is returned by a method of a closed Store.
var ErrClosed = errors.New("the database is closed")

// Open opens the database, creates it if there is none, and brings an older
// one up to date.
func Open(o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lag == 0 {
		o.Lag = 250 * time.Millisecond
	}
	s := &Store{
		path:    o.Path,
		log:     o.Log,
		lag:     o.Lag,
		peers:   newOverlay(),
		pending: newBatch(),
		dirty:   make(chan struct{}, 1),
		flush:   make(chan chan error),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	if err := s.open(); err != nil {
		s.closeConnections()
		return nil, s.explain(err)
	}
	go s.write()
	return s, nil
}

func (s *Store) open() error {
	if err := createPrivate(s.path); err != nil {
		return err
	}
	var err error
	if s.writer, err = connect(s.path, 1, "journal_mode(WAL)", "synchronous(FULL)"); err != nil {
		return err
	}
	if err := migrate(s.writer); err != nil {
		return err
	}
	s.reader, err = connect(s.path, 4, "query_only(1)")
	return err
}

// createPrivate makes sure that the file exists and that only its owner may
// read it. SQLite gives the files beside it the same mode.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// Flush returns when everything noted before it is on the disk, or why it is not.
func (s *Store) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case s.flush <- answer:
		return <-answer
	case <-s.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes what is still to be written, says if that did not work, and
// closes the file. Notes after it are dropped.
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		<-s.stopped
		return nil
	}
	err := s.Flush(context.Background())
	close(s.quit)
	<-s.stopped
	return errors.Join(err, s.closeConnections())
}

func (s *Store) closeConnections() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} { // the last to go cleans up the log file
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// explain turns what SQLite and the file system say into one line for a person.
func (s *Store) explain(err error) error {
	var pathErr *os.PathError
	switch {
	case err == nil:
		return nil
	case isDamaged(err):
		return fmt.Errorf("database %s: it is damaged (%w): move it away, luahost starts a new one and learns peers again", s.path, err)
	case errors.As(err, &pathErr) && pathErr.Path == s.path:
		return fmt.Errorf("database %s: cannot be written: %w", s.path, pathErr.Err)
	case errors.As(err, &pathErr): // its folder
		return fmt.Errorf("database %s: cannot be written: %s: %w", s.path, pathErr.Path, pathErr.Err)
	default:
		return fmt.Errorf("database %s: %w", s.path, err)
	}
}
