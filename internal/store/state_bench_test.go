package store

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func openStateBench(b *testing.B) *Store {
	s, err := Open(Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// benchValue is one that is not there yet: SQLite writes nothing for one that is.
func benchValue(n int) []byte { return fmt.Appendf(nil, `{"name": "Nadia", "times": %d}`, n) }

// BenchmarkSet is a durable set, of one that waits for each.
func BenchmarkSet(b *testing.B) {
	st := openStateBench(b).State("night.lua")
	for n := 0; b.Loop(); n++ {
		if err := st.Set(b.Context(), "last", benchValue(n), 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSetBy64 is that of 64 at once, who share transactions.
func BenchmarkSetBy64(b *testing.B) {
	st := openStateBench(b).State("night.lua")
	by64(b, func(key string, n int) error { return st.Set(b.Context(), key, benchValue(n), 0) })
}

// BenchmarkSetBy64Apart is what they would do with a transaction each.
func BenchmarkSetBy64Apart(b *testing.B) {
	s := openStateBench(b)
	by64(b, func(key string, n int) error {
		tx, err := s.writer.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
		if _, err := tx.Stmt(s.putState).Exec("night.lua", key, benchValue(n), 0); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func by64(b *testing.B, set func(key string, n int) error) {
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	var keys sync.Mutex
	last := 'a'
	b.RunParallel(func(next *testing.PB) {
		keys.Lock()
		last++
		key := string(last)
		keys.Unlock()
		for n := 0; next.Next(); n++ {
			if err := set(key, n); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	st := openStateBench(b).State("night.lua")
	if err := st.Set(b.Context(), "last", benchValue(0), 0); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, found, err := st.Get(b.Context(), "last"); !found {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadState is the first use of a State that has all that it may have.
func BenchmarkReadState(b *testing.B) {
	s := openStateBench(b)
	st := s.State("night.lua")
	var wg sync.WaitGroup
	for w := range 100 {
		wg.Go(func() {
			for i := range maxKeys / 100 {
				key := string([]rune{rune('a' + w), rune('a' + i)})
				if err := st.Set(b.Context(), key, make([]byte, 800), 0); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for b.Loop() {
		s.states.shelves = map[string]*shelf{}
		if keys, err := st.Keys(b.Context(), ""); len(keys) != maxKeys {
			b.Fatal(len(keys), err)
		}
	}
}

// BenchmarkNoteBesideSets is what a call and an entry cost while scripts set as
// fast as they can.
func BenchmarkNoteBesideSets(b *testing.B) {
	s := openStateBench(b)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := s.State("night.lua").Set(b.Context(), "last", benchValue(n), 0); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	c := Call{Owner: 7, Account: "main", State: "ringing"}
	for n := 0; b.Loop(); n++ {
		c.ID++
		s.NoteCall(c)
		s.NoteEntry(Entry{Owner: 7, Call: c.ID, Kind: "rule", Name: "strangers at night"})
		if n%500 == 499 {
			if err := s.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	close(done)
	wg.Wait()
}
