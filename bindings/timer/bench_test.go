package timer_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"luahost/bindings/timer"
	"luahost/internal/clock"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// Ten thousand timers of functions, set by one handler; and all of them run.
func BenchmarkTenThousand(b *testing.B) {
	const n = 10_000
	manual := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	engine := schedule.New(schedule.Options{Clock: manual})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		_ = engine.Run(ctx)
		close(done)
	}()
	defer func() { cancel(); <-done }()
	s, err := scripttest.Source(b, "a.lua", `on("set", function() for i = 1, 10000 do after("1h", function() i = i + 1 end) end end)`, script.Options{
		Clock: manual,
		Open: func(rt *script.Runtime) {
			open(rt)
			timer.Open(rt, timer.Options{Engine: engine, Account: func(context.Context) string { return "" }})
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	var set, fired time.Duration
	var bytes uint64
	for b.Loop() {
		before := heap()
		began := time.Now()
		s.Check(b, "set")
		set += time.Since(began)
		bytes += heap() - before
		manual.AwaitTimers(1)
		began = time.Now()
		manual.Advance(time.Hour)
		for _, err := range s.Wait(n) {
			if err != nil {
				b.Fatal(err)
			}
		}
		fired += time.Since(began)
	}
	b.ReportMetric(float64(set.Nanoseconds())/float64(b.N)/n, "ns/set")
	b.ReportMetric(float64(fired.Nanoseconds())/float64(b.N)/n, "ns/run")
	b.ReportMetric(float64(bytes)/float64(b.N)/n, "B/timer")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
