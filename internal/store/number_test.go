package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"luahost/internal/store"
)

func numbered(t *testing.T, s *store.Store, id, want int64) {
	t.Helper()
	if c, ok, err := s.CallOf(t.Context(), owner, id); !ok || err != nil || c.Number != want {
		t.Errorf("call %d: %v, %v, its number is %d, want %d", id, ok, err, c.Number, want)
	}
}

func noteID(s *store.Store, id int64) {
	c := night
	c.ID = id
	s.NoteCall(c)
}

// Numbers are given in order, kept for ever, and not by memory alone.
func TestNumbers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	noteID(s, 70)
	s.NoteEntry(store.Entry{Owner: owner, Call: 60, Kind: "note"}) // its call is noted later
	noteID(s, 50)
	noteID(s, 60)
	noteID(s, 70)
	numbers := func() {
		t.Helper()
		numbered(t, s, 70, 1)
		numbered(t, s, 60, 2)
		numbered(t, s, 50, 3)
	}
	numbers()
	s = reopen(t, s, path)
	numbers()
	noteID(s, 50) // it is not known yet that the disk has it
	s.NoteEntry(store.Entry{Owner: owner, Call: 60, Kind: "note"})
	noteID(s, 40)
	if trace, err := s.Trace(t.Context(), owner, 60); err != nil || len(trace) != 2 {
		t.Errorf("before it is written the trace is %+v, %v", trace, err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	numbers()
	if trace, err := s.Trace(t.Context(), owner, 60); err != nil || len(trace) != 2 {
		t.Errorf("the trace is %+v, %v", trace, err)
	}
	c, _, err := s.CallOf(t.Context(), owner, 40)
	if err != nil || c.Number < 4 {
		t.Errorf("a new call has number %d, %v", c.Number, err)
	}
	s = reopen(t, s, path)
	numbers()
	numbered(t, s, 40, c.Number)
}

// Two processes may keep their calls in one database.
func TestTwoProcessesNumberCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	one, two := open(t, path), open(t, path)
	const each = 50
	for i := range int64(each) {
		for offset, s := range []*store.Store{one, two} {
			id := 2*i + int64(offset) + 1
			noteID(s, id)
			s.NoteEntry(store.Entry{Owner: owner, Call: id, Kind: "note"})
		}
		if i%10 == 0 {
			if err := one.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 == 0 {
			if err := two.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	one = reopen(t, one, path)
	if err := two.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id := range int64(2 * each) {
		for _, s := range []*store.Store{one, two} {
			if trace, err := s.Trace(t.Context(), owner, id+1); err != nil || len(trace) != 1 {
				t.Errorf("the trace of call %d is %+v, %v", id+1, trace, err)
			}
		}
	}
	if n := count(t, path, `SELECT count(DISTINCT number) FROM calls`); n != 2*each {
		t.Errorf("%d numbers, want %d", n, 2*each)
	}
}

// Many calls are forgotten by memory, and none by the disk.
func TestManyCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	const n = 5000 // more than memory holds
	for id := range int64(n) {
		noteID(s, id+1)
	}
	for _, id := range []int64{1, n / 2, n} {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		noteID(s, id)
	}
	s = reopen(t, s, path)
	for _, id := range []int64{1, n / 2, n} {
		numbered(t, s, id, id)
	}
	if calls, err := s.Calls(t.Context(), store.CallQuery{}); err != nil || len(calls) != n {
		t.Errorf("%d calls, %v", len(calls), err)
	}
}

// A call that must be on the disk is there, or its caller is told.
func TestKeptCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	c := night
	if err := s.KeepCall(t.Context(), c); err != nil || count(t, path, `SELECT count(*) FROM calls`) != 1 {
		t.Errorf("%v, and it is not on the disk", err)
	}
	change(t, path, `CREATE TRIGGER full BEFORE INSERT ON calls BEGIN SELECT RAISE(FAIL, 'disk full'); END`)
	c.ID++
	if err := s.KeepCall(t.Context(), c); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("the disk is full: %v", err)
	}
	change(t, path, `DROP TRIGGER full`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, path, `SELECT count(*) FROM calls`); n != 2 {
		t.Errorf("%d calls, want the one that was written late as well", n)
	}
	if err := s.KeepCall(t.Context(), c); err == nil {
		t.Error("a closed store keeps calls")
	}
}
