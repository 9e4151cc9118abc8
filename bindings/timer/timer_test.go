package timer_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/timer"
	"luahost/internal/clock"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(rt *script.Runtime) {
	event.Open(rt)
	timer.Open(rt, timer.Options{})
}

func TestSleep(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	s := scripttest.File(t, "testdata/sleep.lua", script.Options{Open: open, Clock: m})
	s.Check(t, "mistakes")

	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Check(t, "sleep")
	}()
	for _, step := range []time.Duration{0, 250 * time.Millisecond, 20 * time.Second, 90 * time.Minute} {
		m.AwaitTimers(1)
		m.Advance(step)
	}
	<-done
}

func TestSleepersDoNotHoldUpEachOther(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC))
	s := scripttest.File(t, "testdata/sleep.lua", script.Options{Open: open, Clock: m})
	const sleepers = 100
	for range sleepers {
		s.Dispatch(t.Context(), script.Event{Name: "nap"})
	}
	m.AwaitTimers(sleepers)
	m.Advance(time.Second)
	for _, err := range s.Wait(sleepers) {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSleepIsForHandlers(t *testing.T) {
	_, err := scripttest.Source(t, "night.lua", "\nsleep(1)", script.Options{Open: open})
	if want := "night.lua:2: sleep: " + script.ErrLoading.Error(); err == nil || err.Error() != want {
		t.Errorf("while loading: %v, want %s", err, want)
	}
}
