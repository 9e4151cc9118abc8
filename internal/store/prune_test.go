package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/clock"
	"luahost/internal/store"
)

const minute = time.Minute

func openKeeping(t *testing.T, path string, keep store.Keep, m *clock.Manual) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Path: path, Keep: keep, Clock: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m.AwaitTimers(1) // the first look is over
	return s
}

// note puts n calls into the log, a minute between them, the first at the time,
// with so many entries of a trace each.
func note(t *testing.T, s *store.Store, from time.Time, n, entries int) {
	t.Helper()
	for i := range n {
		c := night
		c.ID, c.Date = from.UnixNano()+int64(i), from.Add(time.Duration(i)*minute)
		s.NoteCall(c)
		for j := range entries {
			s.NoteEntry(store.Entry{Owner: c.Owner, Call: c.ID, At: c.Date, Kind: "log", Text: fmt.Sprint(j, strings.Repeat("x", 1000))})
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func look(m *clock.Manual) {
	m.Advance(minute)
	m.AwaitTimers(1)
}

func TestOldCallsGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	s := openKeeping(t, path, store.Keep{Age: 24 * time.Hour}, m)
	note(t, s, noon.Add(-25*time.Hour), 120, 1) // until an hour short of a day ago
	look(m)                                     // and a minute has passed
	calls, err := s.Calls(t.Context(), store.CallQuery{Oldest: true})
	if err != nil || len(calls) != 59 || calls[0].Date.Before(m.Now().Add(-24*time.Hour)) {
		t.Errorf("%v, %d calls are left, want 59; the first rang %s", err, len(calls), calls[0].Date)
	}
	if n := count(t, path, `SELECT count(*) FROM traces`); n != 59 {
		t.Errorf("%d traces are left, want 59", n)
	}
	m.Advance(25 * time.Hour)
	m.AwaitTimers(1)
	look(m)
	if n := count(t, path, `SELECT count(*) FROM calls`); n != 0 {
		t.Errorf("%d calls are left of those that are older than a day", n)
	}
	note(t, s, m.Now(), 1, 0)
	if c, _, err := s.LastCall(t.Context(), ""); c.Number != 121 {
		t.Errorf("%v, after 120 calls the next has number %d", err, c.Number)
	}
}

// A call that is going on stays, unless it cannot be going on any more.
func TestCallsThatGoOnStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	s := openKeeping(t, path, store.Keep{Age: time.Hour}, m)
	for id, ago := range map[int64]time.Duration{1: 25 * time.Hour, 2: 23 * time.Hour} {
		c := night
		c.ID, c.State, c.Date = id, "active", noon.Add(-ago)
		s.NoteCall(c)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	look(m)
	calls, err := s.Calls(t.Context(), store.CallQuery{})
	if err != nil || len(calls) != 1 || calls[0].ID != 2 {
		t.Errorf("%v, left are %+v", err, calls)
	}
}

func TestTheOldestMakeRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	const limit = 1 << 20
	s := openKeeping(t, path, store.Keep{Size: limit}, m)
	note(t, s, noon, 600, 8) // 5 MB
	look(m)
	calls, err := s.Calls(t.Context(), store.CallQuery{Oldest: true})
	if err != nil || len(calls) < 50 || len(calls) > 125 || calls[len(calls)-1].Number != 600 {
		t.Fatalf("%v, %d calls are left, some 100 have room and 600 should be the last", err, len(calls))
	}
	if n := count(t, path, `SELECT count(DISTINCT call) FROM traces`); n != len(calls) {
		t.Errorf("%d calls have traces, %d are in the log", n, len(calls))
	}
	if err := s.Close(); err != nil { // brings the log into the file
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > limit*9/8 {
		t.Errorf("%v, the file has %d bytes, and %d were wanted at most", err, info.Size(), limit)
	}
}

// Also a log that is within its limits may have traces that belong to no call.
func TestTracesWithoutACallGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	s := openKeeping(t, path, store.Keep{Age: 24 * time.Hour}, m)
	note(t, s, noon, 1, 1)
	s.NoteEntry(rule)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trace, err := s.Trace(t.Context(), rule.Owner, rule.Call); err != nil || len(trace) != 1 {
		t.Errorf("%v, %v", trace, err)
	}
	look(m)
	if n := count(t, path, `SELECT count(*) FROM traces`); n != 2 {
		t.Errorf("%d traces, want 2: the call may come yet", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openKeeping(t, path, store.Keep{Age: 24 * time.Hour}, clock.NewManual(noon))
	if n := count(t, path, `SELECT count(*) FROM traces`); n != 1 {
		t.Errorf("%d traces, want that of the call alone", n)
	}
}
