package state_test

import (
	"runtime"
	"testing"

	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// benchmark measures what a handler does a thousand times: starting it costs next
// to nothing then.
func benchmark(b *testing.B, source string) {
	s, err := scripttest.Source(b, "bench.lua", source, newWorld(b).options())
	if err != nil {
		b.Fatal(err)
	}
	s.Check(b, "begin")
	for b.Loop() {
		s.Check(b, "again")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/each")
}

func BenchmarkGetNumber(b *testing.B) {
	benchmark(b, `
		on("begin", function() store.set("n", 42) end)
		on("again", function() for i = 1, 1000 do store.get("n", 0) end end)`)
}

func BenchmarkGetTable(b *testing.B) {
	benchmark(b, `
		on("begin", function() store.set("t", {id = 777000, name = "Nadia", tags = {"work", "late"}, seen = 1772362800}) end)
		on("again", function() for i = 1, 1000 do store.get("t") end end)`)
}

// BenchmarkSet is one handler that sets again and again.
func BenchmarkSet(b *testing.B) {
	benchmark(b, `
		on("begin", function() end)
		on("again", function() for i = 1, 1000 do store.set("n", i) end end)`)
}

// BenchmarkIncrBy64 is 64 handlers that count at once.
func BenchmarkIncrBy64(b *testing.B) {
	s, err := scripttest.Source(b, "bench.lua", `on("again", function() store.incr("n") end)`, newWorld(b).options())
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(next *testing.PB) {
		for next.Next() {
			s.Dispatch(b.Context(), script.Event{Name: "again"})
			if err := s.Wait(1)[0]; err != nil {
				b.Error(err)
			}
		}
	})
}
