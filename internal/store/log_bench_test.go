package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"luahost/internal/store"
)

// rule is what a rule that does not match adds to the trace.
var rule = store.Entry{
	Owner: owner, Call: 588516572874907240, At: noon, Kind: "rule", Name: "strangers at night",
	Text: "from: contact, wanted stranger", Script: "night.lua", Generation: "56623a73", Line: 12, Took: time.Microsecond,
}

func openBench(b *testing.B) *store.Store {
	s, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func BenchmarkNoteEntry(b *testing.B) {
	s := openBench(b)
	b.ReportAllocs()
	for b.Loop() {
		s.NoteEntry(rule)
	}
}

func BenchmarkNoteCall(b *testing.B) {
	s := openBench(b)
	c := night
	b.ReportAllocs()
	for n := int64(0); b.Loop(); n++ {
		c.ID = n / 4 % 10_000 // each changes a few times; more would only measure a map that grows
		s.NoteCall(c)
	}
}

// BenchmarkTraceOfAThousandRules is all that a call which a thousand rules look
// at costs, the writing included.
func BenchmarkTraceOfAThousandRules(b *testing.B) {
	s := openBench(b)
	c, e := night, rule
	b.ReportAllocs()
	for b.Loop() {
		c.ID++
		e.Call = c.ID
		s.NoteCall(c)
		for range 1000 {
			s.NoteEntry(e)
		}
		if err := s.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKeepCall(b *testing.B) {
	s := openBench(b)
	c := night
	for b.Loop() {
		c.ID++
		if err := s.KeepCall(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLogACall is all that the log and the trace of an ordinary call cost,
// the writing included, when hundreds share a transaction.
func BenchmarkLogACall(b *testing.B) {
	s := openBench(b)
	c, e := night, rule
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		c.ID = int64(uint64(n) * 0x9e3779b97f4a7c15)
		c.Peer = c.ID >> 12
		c.Date = c.Date.Add(time.Millisecond)
		e.Call = c.ID
		for _, state := range []string{"requested", "ringing", store.Ended} {
			c.State = state
			s.NoteCall(c)
			s.NoteEntry(e)
			s.NoteEntry(e)
		}
		if n%500 == 499 {
			if err := s.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRings is what a rule asks that lets persistent callers through.
func BenchmarkRings(b *testing.B) {
	s := openBench(b)
	c := night
	for n := range int64(100_000) {
		c.ID, c.Peer, c.Date = n+1, n%5000, c.Date.Add(time.Minute)
		s.NoteCall(c)
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	since := c.Date.Add(-7 * 24 * time.Hour)
	for b.Loop() {
		if rings, err := s.Rings(b.Context(), owner, c.Peer, since); len(rings) != 3 {
			b.Fatal(rings, err)
		}
	}
}
