package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"luahost/internal/clock"
)

func openLimited(t *testing.T, keys, bytes int) (*Store, *clock.Manual) {
	t.Helper()
	m := clock.NewManual(time.Unix(1_770_000_000, 0))
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "luahost.db"), Clock: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.states.limits.keys, s.states.limits.bytes = keys, bytes
	return s, m
}

// sets is a function for a transaction that keeps a value.
func (st State) sets(t *testing.T, key, value string) func(*sql.Tx) error {
	t.Helper()
	sh, err := st.shelf(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func(tx *sql.Tx) error {
		return st.change(tx, sh, key, func(*Item, time.Time) (*Item, error) { return &Item{Value: []byte(value)}, nil })
	}
}

func wantFull(t *testing.T, err error, text string) {
	t.Helper()
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want an error of %s", err, text)
	}
}

// The limits count what one transaction adds, too.
func TestStateHasLimits(t *testing.T) {
	s, _ := openLimited(t, 3, 100)
	st := s.State("night.lua")
	errs := s.together(t, st.sets(t, "a", "1"), st.sets(t, "b", "2"), st.sets(t, "a", "3"), st.sets(t, "c", "4"),
		st.sets(t, "d", "5"), st.sets(t, "b", "6"))
	for i, err := range errs {
		if i == 4 {
			wantFull(t, err, "night.lua has 3 keys, and more than 3 are not kept")
		} else if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	errs = s.together(t, st.sets(t, "a", strings.Repeat("x", 50)), st.sets(t, "b", strings.Repeat("x", 50)), st.sets(t, "c", "44"))
	wantFull(t, errs[1], "night.lua has 55 bytes, and more than 100 are not kept")
	if errs[0] != nil || errs[2] != nil {
		t.Error(errs)
	}
	if err := st.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := st.Set(t.Context(), "d", []byte(strings.Repeat("x", 60)), 0); err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	if sh := s.states.shelves["night.lua"]; len(sh.items) != 3 || sh.size != 2+3+61 {
		t.Errorf("%d keys and %d bytes are counted", len(sh.items), sh.size)
	}
	if err := s.State("other.lua").Set(t.Context(), "a", []byte(strings.Repeat("x", 90)), 0); err != nil {
		t.Errorf("another script: %v", err)
	}
	shared := s.State("")
	for i := range 3 {
		if err := shared.Set(t.Context(), fmt.Sprint(i), nil, 0); err != nil {
			t.Error(err)
		}
	}
	wantFull(t, shared.Set(t.Context(), "more", nil, 0), "what scripts share has 3 keys")
}

// What has expired makes room before anybody comes to remove it.
func TestExpiredStateMakesRoom(t *testing.T) {
	s, m := openLimited(t, 3, 1000)
	st := s.State("night.lua")
	for key, keep := range map[string]time.Duration{"a": time.Second, "b": time.Second, "c": 0} {
		if err := st.Set(t.Context(), key, []byte("1"), keep); err != nil {
			t.Fatal(err)
		}
	}
	wantFull(t, st.Set(t.Context(), "d", nil, 0), "3 keys")
	m.Advance(time.Second)
	for _, key := range []string{"a", "d"} { // one that was there, and one that was not
		if err := st.Set(t.Context(), key, []byte("2"), 0); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	wantFull(t, st.Set(t.Context(), "e", nil, 0), "3 keys")
	if sh := s.states.shelves["night.lua"]; len(sh.items) != 3 || sh.size != 6 {
		t.Errorf("%d keys and %d bytes are counted", len(sh.items), sh.size)
	}
}

// The writer removes many expired keys in small steps, also of scripts that nobody
// asks for any more.
func TestManyKeysExpire(t *testing.T) {
	s, m := openLimited(t, 5000, maxState)
	const keys = 2*expireStep + 10
	if err := s.commit(t.Context(), func(tx *sql.Tx) error {
		for i := range keys {
			if _, err := tx.Stmt(s.putState).Exec("old.lua", fmt.Sprint(i), "", m.Now().Add(time.Second).UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for key, keep := range map[string]time.Duration{"hour": time.Hour, "second": time.Second} { // wakes it
		if err := s.State("new.lua").Set(t.Context(), key, nil, keep); err != nil {
			t.Fatal(err)
		}
	}
	m.AwaitTimers(1)
	m.Advance(pruneEvery)
	m.AwaitTimers(1)
	var left int
	if err := s.reader.QueryRowContext(context.Background(), `SELECT count(*) FROM state`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d rows are left, %v", left, err)
	}
	if sh := s.states.shelves["new.lua"]; len(sh.items) != 1 || sh.size != len("hour") {
		t.Errorf("%d keys and %d bytes are left in memory", len(sh.items), sh.size)
	}
}

// What was drafted in a transaction that failed was never there.
func TestStateOfATransactionThatFails(t *testing.T) {
	s := openCommits(t)
	st := s.State("night.lua")
	if err := st.Set(t.Context(), "a", []byte("old"), 0); err != nil {
		t.Fatal(err)
	}
	fills := s.fillDisk(t)
	errs := s.together(t, st.sets(t, "a", "new"), st.sets(t, "b", "new"), fills)
	for i, err := range errs {
		if err == nil {
			t.Errorf("%d did not fail", i)
		}
	}
	item, found, err := st.Get(t.Context(), "a")
	if string(item.Value) != "old" || !found || err != nil {
		t.Errorf("a is %q, %v, %v", item.Value, found, err)
	}
	if keys, err := st.Keys(t.Context(), ""); len(keys) != 1 || err != nil {
		t.Errorf("keys %q, %v", keys, err)
	}
}

// A State may be left at any moment: it is read again, and nothing is lost.
func TestLeavingState(t *testing.T) {
	s, _ := openLimited(t, maxKeys, maxState)
	st := s.State("night.lua")
	const workers, times = 8, 50
	var counting sync.WaitGroup
	for range workers {
		counting.Go(func() {
			for range times {
				if err := st.Change(t.Context(), "n", func(old *Item, _ time.Time) (*Item, error) {
					if old == nil {
						return &Item{Value: []byte{'.'}}, nil
					}
					return &Item{Value: append(bytes.Clone(old.Value), '.')}, nil
				}); err != nil {
					t.Error(err)
				}
				st.Leave()
			}
		})
	}
	counting.Wait()
	st.Leave()
	if len(s.states.shelves) != 0 {
		t.Errorf("in memory are still %v", s.states.shelves)
	}
	if item, _, err := st.Get(t.Context(), "n"); len(item.Value) != workers*times || err != nil {
		t.Errorf("it has counted to %d, %v", len(item.Value), err)
	}
}
