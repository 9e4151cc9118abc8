package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/store"
)

// What waits for a disk that fails is bounded: the oldest entries of traces go,
// calls never, and the log says so once.
func TestADiskThatFailsForLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	var log bytes.Buffer
	s, err := store.Open(store.Options{Path: path, Log: slog.New(slog.NewTextHandler(&log, nil)), Lag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	change(t, path, `CREATE TRIGGER full BEFORE INSERT ON traces BEGIN SELECT RAISE(FAIL, 'disk full'); END`)
	const calls, entries = 100, 40 // 40 MB
	text := strings.Repeat("x", 10_000)
	for id := range int64(calls) {
		noteID(s, id+1)
		for n := range entries {
			s.NoteEntry(store.Entry{Owner: owner, Call: id + 1, Line: n, Text: text})
			if id%25 == 24 && n == entries/2 {
				if err := s.Flush(t.Context()); err == nil {
					t.Fatal("it was written")
				}
			}
		}
	}
	change(t, path, `DROP TRIGGER full`)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Calls(t.Context(), store.CallQuery{}); err != nil || len(found) != calls {
		t.Errorf("%d calls, %v", len(found), err)
	}
	kept := 0
	for id := range int64(calls) {
		trace, err := s.Trace(t.Context(), owner, id+1)
		if err != nil {
			t.Fatal(err)
		}
		kept += len(trace)
		if len(trace) < entries && kept > entries {
			t.Errorf("call %d has %d entries, but older ones have some", id+1, len(trace))
		}
		for i, e := range trace {
			if e.Line != entries-len(trace)+i {
				t.Fatalf("entry %d of call %d has come to place %d of %d", e.Line, id+1, i, len(trace))
			}
		}
	}
	if most := 16 << 20 / len(text); kept < most/4 || kept > most {
		t.Errorf("%d entries are left, at most %d have room", kept, most)
	}
	for text, want := range map[string]int{
		"cannot be written":              1,
		"traces lose":                    1,
		fmt.Sprint(calls*entries - kept): 1,
	} {
		if n := strings.Count(log.String(), text); n != want {
			t.Errorf("the log has %q %d times:\n%s", text, n, log.String())
		}
	}
}
