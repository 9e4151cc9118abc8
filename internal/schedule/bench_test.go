package schedule_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"luahost/internal/schedule"
	"luahost/internal/store"
)

const pending = 10_000

// at work is an engine whose handlers end at once.
func atWork(b *testing.B, ran func()) *schedule.Engine {
	b.Helper()
	s, err := store.Open(store.Options{Path: database(b)})
	if err != nil {
		b.Fatal(err)
	}
	e := schedule.New(schedule.Options{Store: s, Limit: 1 << 30, Fire: func(_ context.Context, _ schedule.Firing, ended func(error)) schedule.Start {
		go func() {
			ended(nil)
			ran()
		}()
		return schedule.Started
	}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		_ = e.Run(ctx)
		close(done)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		_ = s.Close()
	})
	return e
}

// Setting and stopping a timer of a function beside ten thousand.
func BenchmarkUnnamed(b *testing.B) {
	e := atWork(b, func() {})
	set := func() *schedule.Timer {
		t, err := e.Unnamed(schedule.Owner{Script: "a.lua"}, after(time.Hour), func(schedule.Firing, func()) bool { return true })
		if err != nil {
			b.Fatal(err)
		}
		t.Start()
		return t
	}
	for range pending {
		set()
	}
	b.ReportAllocs()
	for b.Loop() {
		set().Stop()
	}
}

// A durable after: alone, and from 64 writers.
func BenchmarkKeep(b *testing.B) {
	e := atWork(b, func() {})
	keep := func() {
		if _, err := e.Keep(schedule.Named{Script: "a.lua", Name: "x", Spec: after(time.Hour), Data: make([]byte, 40)}); err != nil {
			b.Error(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			keep()
		}
	})
	b.Run("64writers", func(b *testing.B) {
		b.SetParallelism(32) // of each of two cores
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				keep()
			}
		})
	})
}

// Ten thousand named timers that are due at once: until the last has ended, on the
// disk too.
func BenchmarkFireNamed(b *testing.B) {
	var left sync.WaitGroup
	e := atWork(b, left.Done)
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		left.Add(pending)
		script := fmt.Sprint(n, ".lua") // which has not used up what may run at once
		var writers sync.WaitGroup
		due := time.Now().Add(time.Second)
		for range 64 {
			writers.Go(func() {
				for range pending / 64 {
					_, _ = e.Keep(schedule.Named{Script: script, Name: "x", Spec: after(time.Until(due)), Missed: store.MissedRun})
				}
			})
		}
		for range pending % 64 {
			_, _ = e.Keep(schedule.Named{Script: script, Name: "x", Spec: after(time.Until(due)), Missed: store.MissedRun})
		}
		writers.Wait()
		time.Sleep(time.Until(due))
		b.StartTimer()
		left.Wait()
	}
}
