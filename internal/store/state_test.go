package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"luahost/internal/clock"
	"luahost/internal/store"
)

func openState(t *testing.T, path string, c clock.Clock) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Path: path, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func set(t *testing.T, st store.State, key, value string, keep time.Duration) {
	t.Helper()
	if err := st.Set(t.Context(), key, []byte(value), keep); err != nil {
		t.Fatal(err)
	}
}

// wantState reads all that a State has.
func wantState(t *testing.T, st store.State, want map[string]string) {
	t.Helper()
	keys, err := st.Keys(t.Context(), "")
	if err != nil || !slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
		t.Errorf("keys %q, %v; want %q", keys, err, slices.Sorted(maps.Keys(want)))
	}
	for key, value := range want {
		item, found, err := st.Get(t.Context(), key)
		if err != nil || !found || string(item.Value) != value {
			t.Errorf("%s is %q, %v, %v; want %q", key, item.Value, found, err, value)
		}
	}
}

func TestStateIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	night := s.State("night.lua")
	set(t, night, "b", "two", 0)
	set(t, night, "a", "one", 0)
	set(t, night, "ab", "x", 0)
	set(t, night, "gone", "x", 0)
	set(t, night, "b", "2\x00\xff", 0)
	set(t, night, "empty", "", 0)
	if err := errors.Join(night.Delete(t.Context(), "gone"), night.Delete(t.Context(), "never")); err != nil {
		t.Fatal(err)
	}
	set(t, s.State(""), "a", "shared", 0)
	want := map[string]string{"a": "one", "ab": "x", "b": "2\x00\xff", "empty": ""}
	for range 2 {
		wantState(t, s.State("night.lua"), want)
		wantState(t, s.State(""), map[string]string{"a": "shared"})
		wantState(t, s.State("other.lua"), nil)
		if _, found, err := s.State("night.lua").Get(t.Context(), "gone"); found || err != nil {
			t.Errorf("what was deleted: %v, %v", found, err)
		}
		if keys, err := s.State("night.lua").Keys(t.Context(), "a"); err != nil || !slices.Equal(keys, []string{"a", "ab"}) {
			t.Errorf("keys with a: %q, %v", keys, err)
		}
		s = reopen(t, s, path)
	}
	_ = s.Close()
	if err := s.State("night.lua").Set(t.Context(), "a", nil, 0); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestStateExpires(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	s := openState(t, path, m)
	st := s.State("night.lua")
	set(t, st, "hour", "x", time.Hour)
	set(t, st, "day", "x", 24*time.Hour)
	set(t, st, "ever", "x", time.Hour)
	set(t, st, "ever", "y", 0) // without a time it has none
	m.Advance(time.Hour - 1)
	wantState(t, st, map[string]string{"hour": "x", "day": "x", "ever": "y"})
	m.Advance(1)
	if _, found, err := st.Get(t.Context(), "hour"); found || err != nil {
		t.Errorf("expired: %v, %v", found, err)
	}
	wantState(t, st, map[string]string{"day": "x", "ever": "y"})
	if err := st.Change(t.Context(), "hour", func(old *store.Item, now time.Time) (*store.Item, error) {
		if old != nil || !now.Equal(m.Now()) {
			t.Errorf("a change sees %v at %s", old, now)
		}
		return nil, errors.ErrUnsupported
	}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	m.AwaitTimers(1)
	m.Advance(2 * time.Minute)
	m.AwaitTimers(1) // of the next time that it is looked
	if n := count(t, path, `SELECT count(*) FROM state`); n != 2 {
		t.Errorf("%d rows are left, want 2", n)
	}
	s = openState(t, path, m)
	wantState(t, s.State("night.lua"), map[string]string{"day": "x", "ever": "y"})
	m.Advance(24 * time.Hour)
	wantState(t, s.State("night.lua"), map[string]string{"ever": "y"})
}

// increment is a Change that counts.
func increment(st store.State, ctx context.Context, key string) (n uint64, err error) {
	err = st.Change(ctx, key, func(old *store.Item, _ time.Time) (*store.Item, error) {
		if n = 1; old != nil {
			n = binary.BigEndian.Uint64(old.Value) + 1
		}
		return &store.Item{Value: binary.BigEndian.AppendUint64(nil, n)}, nil
	})
	return n, err
}

// No two changes see the same old value, and a value that was read or kept is never
// followed by an older one.
func TestChangesAreAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	const writers, each = 32, 30
	for round := range uint64(2) { // the second begins with a State that is still to be read
		s := open(t, path)
		given := make([]bool, writers*each)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				last := round * writers * each
				read := func() {
					item, _, err := s.State("a.lua").Get(t.Context(), "n")
					n := count64(item)
					if err != nil || n < last {
						t.Errorf("%d after %d, %v", n, last, err)
					}
					last = n
				}
				for range each {
					read()
					n, err := increment(s.State("a.lua"), t.Context(), "n")
					if err != nil {
						t.Error(err)
						return
					}
					last = max(last, n)
					read()
					mu.Lock()
					given[n-1-round*writers*each] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if slices.Contains(given, false) {
			t.Error("a number was given twice")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What the disk refuses is not there, in memory either.
func TestStateThatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	st := s.State("a.lua")
	set(t, st, "a", "kept", 0)
	change(t, path, `CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	for _, key := range []string{"a", "b"} {
		err := st.Set(t.Context(), key, []byte("refused"), 0)
		if err == nil || !strings.Contains(err.Error(), "disk full") || !strings.HasPrefix(err.Error(), "database "+path) {
			t.Errorf("%s: %v", key, err)
		}
	}
	wantState(t, st, map[string]string{"a": "kept"})
	change(t, path, `DROP TRIGGER full`)
	set(t, st, "a", "new", 0)
	wantState(t, reopen(t, s, path).State("a.lua"), map[string]string{"a": "new"})
}

// A Store whose tables are gone says so, and is none the worse when they are back.
func TestStateThatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	set(t, s.State("b.lua"), "a", "kept", 0)
	s = reopen(t, s, path)
	change(t, path, `ALTER TABLE state RENAME TO away`)
	st := s.State("b.lua")
	_, _, got := st.Get(t.Context(), "a")
	_, listed := st.Keys(t.Context(), "")
	for _, err := range []error{got, listed, st.Set(t.Context(), "a", nil, 0)} {
		if err == nil || !strings.Contains(err.Error(), "read state: ") {
			t.Error(err)
		}
	}
	change(t, path, `ALTER TABLE away RENAME TO state`)
	wantState(t, st, map[string]string{"a": "kept"})
}

// model is a State as one would write it without a disk.
type model map[string]store.Item

func (m model) visible(now time.Time) map[string]string {
	there := make(map[string]string)
	for key, item := range m {
		if item.Expires.IsZero() || now.Before(item.Expires) {
			there[key] = string(item.Value)
		}
	}
	return there
}

// Whatever is done in whatever order, a State has what a map would have.
func TestStateIsLikeAMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	m := clock.NewManual(noon)
	s := openState(t, path, m)
	random := rand.New(rand.NewPCG(1, 2))
	scripts := map[string]model{"": {}, "a.lua": {}, "b.lua": {}}
	names := slices.Sorted(maps.Keys(scripts))
	for step := range 600 {
		name := names[random.IntN(len(names))]
		st, want := s.State(name), scripts[name]
		key := fmt.Sprint("k", random.IntN(8))
		switch random.IntN(7) {
		case 0, 1, 2:
			item := store.Item{Value: bytes.Repeat([]byte{byte(step)}, random.IntN(100))}
			keep := time.Duration(random.IntN(3)) * time.Hour
			if keep > 0 {
				item.Expires = m.Now().Add(keep)
			}
			set(t, st, key, string(item.Value), keep)
			want[key] = item
		case 3:
			if err := st.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			delete(want, key)
		case 4:
			m.Advance(time.Duration(random.IntN(90)) * time.Minute)
		case 5:
			wantState(t, st, want.visible(m.Now()))
		case 6:
			if step%5 == 0 {
				_ = s.Close()
				s = openState(t, path, m)
			}
		}
		if t.Failed() {
			t.Fatalf("step %d", step)
		}
	}
	for name, want := range scripts {
		wantState(t, s.State(name), want.visible(m.Now()))
	}
}
