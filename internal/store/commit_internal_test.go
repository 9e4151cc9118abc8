package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// openCommits gives a Store beside whose tables there is one for the test.
func openCommits(t testing.TB) *Store {
	t.Helper()
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "luahost.db"), Lag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.commit(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE numbers (n BIGINT PRIMARY KEY, text TEXT)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func insert(n int, text string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO numbers (n, text) VALUES ($1, $2)`, n, text)
		return err
	}
}

func (s *Store) countNumbers(t testing.TB) (n int) {
	t.Helper()
	if err := s.reader.QueryRow(`SELECT count(*) FROM numbers`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// together has the writer find all the functions at once, and gives how each ended.
func (s *Store) together(t testing.TB, functions ...func(*sql.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.commit(context.Background(), func(*sql.Tx) error { close(held); <-release; return nil })
	}()
	<-held
	jobs := make([]*job, len(functions))
	for i, do := range functions {
		jobs[i] = &job{do: do, done: make(chan error, 1)}
		s.mu.Lock()
		s.queue(jobs[i])
		s.mu.Unlock()
	}
	close(release)
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		errs[i] = <-j.done
	}
	return errs
}

var errNo = errors.New("no")

// One that fails leaves nothing behind, and takes nobody along.
func TestOneFailsAmongMany(t *testing.T) {
	s := openCommits(t)
	var seen int
	errs := s.together(t,
		insert(1, "first"),
		func(tx *sql.Tx) error { return errors.Join(insert(2, "undone")(tx), errNo) },
		insert(1, "again"),
		insert(3, "third"),
		func(tx *sql.Tx) error { return tx.QueryRow(`SELECT count(*) FROM numbers`).Scan(&seen) },
	)
	if errs[0] != nil || errs[3] != nil || errs[4] != nil {
		t.Errorf("those that did well: %v", errs)
	}
	if !errors.Is(errs[1], errNo) {
		t.Errorf("the one that failed by itself: %v", errs[1])
	}
	if errs[2] == nil || !strings.Contains(errs[2].Error(), "UNIQUE") || !strings.HasPrefix(errs[2].Error(), "database "+s.path) {
		t.Errorf("the one that the database refused: %v", errs[2])
	}
	if n := s.countNumbers(t); n != 2 || seen != 2 {
		t.Errorf("%d rows, and the last function saw %d, want 2", n, seen)
	}
}

// What was noted goes along in the transaction of a Flush, and spoils no other's
// work when it cannot be written.
func TestNotesFailAmongMany(t *testing.T) {
	s := openCommits(t)
	if _, err := s.writer.Exec(`CREATE TRIGGER full BEFORE INSERT ON peers BEGIN SELECT RAISE(FAIL, 'refused'); END`); err != nil {
		t.Fatal(err)
	}
	s.NotePeers(1, Peer{Kind: User, ID: 2})
	errs := s.together(t, insert(1, "kept"), nil, insert(2, "kept"))
	if errs[0] != nil || errs[2] != nil || s.countNumbers(t) != 2 {
		t.Errorf("%v, %d rows", errs, s.countNumbers(t))
	}
	if errs[1] == nil || !strings.Contains(errs[1].Error(), "refused") {
		t.Errorf("the flush: %v", errs[1])
	}
	if _, err := s.writer.Exec(`DROP TRIGGER full`); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Errorf("once it is possible: %v", err)
	}
	if _, ok, err := s.Peer(t.Context(), 1, User, 2); !ok || err != nil {
		t.Errorf("the peer: %v, %v", ok, err)
	}
}

// A function that waits does not have what is noted written before its time.
func TestNotesAreNotHurried(t *testing.T) {
	s := openCommits(t)
	s.NotePeers(1, Peer{Kind: User, ID: 2})
	if err := s.commit(t.Context(), insert(1, "")); err != nil {
		t.Fatal(err)
	}
	var peers int
	if err := s.reader.QueryRow(`SELECT count(*) FROM peers`).Scan(&peers); err != nil || peers != 0 {
		t.Errorf("%d peers are written, %v", peers, err)
	}
}

// fillDisk leaves a database no room to grow, and gives a function that wants more.
func (s *Store) fillDisk(t *testing.T) func(*sql.Tx) error {
	t.Helper()
	var pages int
	if err := s.writer.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2)); err != nil {
		t.Fatal(err)
	}
	return insert(3, strings.Repeat("x", 100_000))
}

// A disk that is full fails everybody, keeps nothing of what it failed, and all
// that was acknowledged. SQLite undoes the whole transaction by itself.
func TestAFullDisk(t *testing.T) {
	s := openCommits(t)
	if err := s.commit(t.Context(), insert(1, "acknowledged")); err != nil {
		t.Fatal(err)
	}
	large := s.fillDisk(t)
	errs := s.together(t, insert(2, ""), large, insert(4, ""))
	for i, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "full") || !strings.HasPrefix(err.Error(), "database ") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := s.countNumbers(t); n != 1 {
		t.Errorf("%d rows, want the one that was acknowledged", n)
	}
	if err := s.commit(t.Context(), insert(5, "")); err != nil {
		t.Errorf("what there is room for: %v", err)
	}
	if _, err := s.writer.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if errs := s.together(t, large, insert(4, "")); errs[0] != nil || errs[1] != nil || s.countNumbers(t) != 4 {
		t.Errorf("when there is room again: %v, %d rows", errs, s.countNumbers(t))
	}
}

// The end of a caller's context is not waited out, and harms nobody.
func TestACallerThatGoes(t *testing.T) {
	s := openCommits(t)
	held, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		gone <- s.commit(ctx, func(tx *sql.Tx) error { close(held); <-release; return insert(1, "")(tx) })
	}()
	<-held
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("it got %v", err)
	}
	if err := s.commit(ctx, insert(2, "")); !errors.Is(err, context.Canceled) {
		t.Errorf("one that was gone before: %v", err)
	}
	close(release)
	if err := s.commit(t.Context(), insert(3, "")); err != nil || s.countNumbers(t) != 2 {
		t.Errorf("the next: %v, %d rows", err, s.countNumbers(t))
	}
}

// Whoever comes while the Store is closed is told so or is written.
func TestCommitsWhileClosing(t *testing.T) {
	s := openCommits(t)
	const callers = 32
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { errs[i] = s.commit(t.Context(), insert(i, "")) })
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := s.commit(t.Context(), insert(99, "")); !errors.Is(err, ErrClosed) {
		t.Errorf("after it: %v", err)
	}
	kept := 0
	for _, err := range errs {
		if err == nil {
			kept++
		} else if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	again, err := Open(Options{Path: s.path})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n := again.countNumbers(t); n != kept {
		t.Errorf("%d rows of %d that were acknowledged", n, kept)
	}
}

// A database of the time before there was state is brought up to date with all
// that it has, and one that is of tomorrow is left alone.
func TestMigratesFromBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s, err := Open(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	s.NotePeers(1, Peer{Kind: User, ID: 2})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	downTo(t, path, 2)
	if s, err = Open(Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok, err := s.Peer(t.Context(), 1, User, 2); !ok || err != nil {
		t.Errorf("what it had: %v, %v", ok, err)
	}
	if err := s.State("night.lua").Set(t.Context(), "n", []byte("1"), 0); err != nil {
		t.Error(err)
	}
}

// downTo makes of a database one of an earlier version.
func downTo(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := connect(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := newProvider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if have, err := provider.GetDBVersion(t.Context()); err != nil || have != version {
		t.Fatalf("version %d, %v", have, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}
