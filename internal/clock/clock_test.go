package clock_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"luahost/internal/clock"
)

var start = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

func TestManualCallsInOrderAtTheirTimes(t *testing.T) {
	m := clock.NewManual(start)
	var got []string
	note := func(name string) func() {
		return func() { got = append(got, name+" "+m.Now().Format(time.TimeOnly)) }
	}
	m.AfterFunc(2*time.Second, note("late"))
	m.AfterFunc(time.Second, func() {
		note("first")()
		m.AfterFunc(500*time.Millisecond, note("nested"))
	})
	m.AfterFunc(time.Second, note("second"))
	stopped := m.AfterFunc(time.Second, note("stopped"))
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop: want true once, then false")
	}
	m.AfterFunc(time.Minute, note("not yet"))

	m.Advance(3 * time.Second)

	want := []string{"first 22:00:01", "second 22:00:01", "nested 22:00:01", "late 22:00:02"}
	if !slices.Equal(got, want) {
		t.Errorf("called %q, want %q", got, want)
	}
	if now := m.Now(); !now.Equal(start.Add(3 * time.Second)) {
		t.Errorf("the clock shows %v", now)
	}
}

func TestWait(t *testing.T) {
	m := clock.NewManual(start)
	done := make(chan error)
	go func() { done <- clock.Wait(t.Context(), m, time.Hour) }()
	m.AwaitTimers(1)
	m.Advance(time.Hour)
	if err := <-done; err != nil {
		t.Errorf("waited out: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- clock.Wait(ctx, m, time.Hour) }()
	m.AwaitTimers(1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := clock.System{}.Now()
		if err := clock.Wait(t.Context(), clock.System{}, time.Minute); err != nil {
			t.Fatal(err)
		}
		if waited := (clock.System{}).Now().Sub(began); waited != time.Minute {
			t.Errorf("waited %v", waited)
		}
	})
}
