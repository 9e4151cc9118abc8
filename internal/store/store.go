// Package store keeps what must outlive the process in one SQLite file: whom
// the accounts have seen, how far they have read their updates, their calls
// with the trace of each, and what scripts keep.
//
// A command opens one Store and gives it to its accounts and its scripts. Every
// method may be called from any goroutine. Note methods return at once: what they
// are given is readable from then on and reaches the disk in the next shared
// transaction, on the Store's one writing goroutine, so that no decision about a
// call ever waits for a disk; a crash loses at most the last Lag. Flush, KeepCall
// and the changes of a State wait for the disk, all that do so at one time for one
// transaction, and Close loses nothing. A second goroutine removes what
// Options.Keep does not keep and what has expired. Commands that run beside a
// Store open a Reader. The package knows nothing of Telegram's types or Lua's, and
// leaves to its callers what a call's states and outcomes mean, and the values of
// a State.
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

	"luahost/internal/clock"
)

// Options of Open. Path is required.
type Options struct {
	Path string        // of the database; its folder is created for the owner's eyes only
	Log  *slog.Logger  // default: discards
	Lag  time.Duration // how long a write may wait for company in its transaction; default 50 ms

	Keep  Keep        // what of the call log is kept; default: everything
	Clock clock.Clock // by which calls grow old and state expires; default: the system's
}

// Keep limits the call log, with the traces of its calls.
type Keep struct {
	Age  time.Duration // of a call's ring; default: no limit
	Size int64         // bytes that the database uses; default: no limit
}

// Store is an open database.
type Store struct {
	path   string
	log    *slog.Logger
	lag    time.Duration
	clock  clock.Clock
	states *states
	writer *sql.DB // one connection: SQLite has one writer, and queueing for it in Go is fair
	reader *sql.DB
	disk   *Reader // the call log on it
	rings  *sql.Stmt

	putState, dropState *sql.Stmt // on the writer

	mu       sync.Mutex
	closed   bool
	peers    overlay
	numbers  numbers
	pending  batch
	due      time.Time // when pending is to be written at the latest
	jobs     []*job    // that wait for the next transaction
	dropped  int       // entries of traces, since the log was last told
	spare    []Entry   // room for pending's, when it becomes the next
	writing  *batch    // what a transaction under way is writing, or nil
	revision int64     // of the call log after our last transaction

	dirty   chan struct{} // holds one token while pending is not empty
	asked   chan struct{} // and one while there are jobs
	quit    chan struct{} // closed by Close
	stopped chan struct{} // closed when the writing goroutine has returned
	pruned  chan struct{} // closed when the one that removes old calls has
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
		o.Lag = 50 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	s := &Store{
		path:    o.Path,
		log:     o.Log,
		lag:     o.Lag,
		clock:   o.Clock,
		states:  newStates(),
		peers:   newOverlay(),
		numbers: numbers{given: make(map[callKey]given)},
		pending: newBatch(),
		dirty:   make(chan struct{}, 1),
		asked:   make(chan struct{}, 1),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		pruned:  make(chan struct{}),
	}
	if err := s.open(); err != nil {
		s.closeConnections()
		return nil, explain(s.path, err)
	}
	go s.write()
	go (&pruner{Store: s, keep: o.Keep, last: s.numbers.last}).run()
	return s, nil
}

func (s *Store) open() error {
	if err := createPrivate(s.path); err != nil {
		return err
	}
	var err error
	if s.writer, err = connect(s.path, 1,
		"auto_vacuum(INCREMENTAL)", // of a new database; must be said before WAL
		"journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(4000)", "journal_size_limit(16777216)", // as much as 4000 pages are
		"cache_size(-8192)"); err != nil {
		return err
	}
	if err := migrate(s.writer); err != nil {
		return err
	}
	if err := s.prepareState(); err != nil {
		return err
	}
	if s.reader, err = connect(s.path, 4, "query_only(1)"); err != nil {
		return err
	}
	s.disk = &Reader{path: s.path, db: s.reader}
	ctx := context.Background() // a few rows
	if s.rings, err = s.reader.PrepareContext(ctx, ringsQuery); err != nil {
		return err
	}
	if s.numbers.last, err = s.lastNumber(ctx); err != nil {
		return err
	}
	s.revision, err = s.disk.Revision(ctx)
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

// Close writes what is still to be written, says if that did not work, and
// closes the file. Notes after it are dropped.
func (s *Store) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	last := &job{done: make(chan error, 1)}
	if !again {
		s.queue(last) // behind all that others wait for
	}
	s.mu.Unlock()
	if again {
		<-s.stopped
		<-s.pruned
		return nil
	}
	err := <-last.done
	close(s.quit)
	<-s.stopped
	<-s.pruned
	return errors.Join(err, s.closeConnections())
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
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

func (s *Store) explain(err error) error { return explain(s.path, err) }

// explain turns what SQLite and the file system say into one line for a person.
func explain(path string, err error) error {
	var pathErr *os.PathError
	switch {
	case err == nil:
		return nil
	case isForbidden(err):
		return fmt.Errorf("database %s: cannot be opened (%w): its folder has to be writable, to read it too: be the user to whom it belongs", path, err)
	case isDamaged(err):
		return fmt.Errorf("database %s: it is damaged (%w): move it away, luahost starts a new one, without the calls of the past", path, err)
	case errors.As(err, &pathErr) && pathErr.Path == path:
		return fmt.Errorf("database %s: cannot be written: %w", path, pathErr.Err)
	case errors.As(err, &pathErr): // its folder
		return fmt.Errorf("database %s: cannot be written: %s: %w", path, pathErr.Path, pathErr.Err)
	default:
		return fmt.Errorf("database %s: %w", path, err)
	}
}
