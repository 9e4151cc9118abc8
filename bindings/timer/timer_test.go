package timer_test

import (
	"math"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
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
	timer.Open(rt)
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

func TestDuration(t *testing.T) {
	for v, want := range map[lua.LValue]time.Duration{
		lua.LNumber(0):        0,
		lua.LNumber(90):       90 * time.Second,
		lua.LNumber(0.25):     250 * time.Millisecond,
		lua.LNumber(1e9):      1e9 * time.Second,
		lua.LString("0"):      0,
		lua.LString("250ms"):  250 * time.Millisecond,
		lua.LString("1h30m"):  90 * time.Minute,
		lua.LString("1.5h"):   90 * time.Minute,
		lua.LString("1h0m1s"): time.Hour + time.Second,
		lua.LString("1d12h"):  36 * time.Hour,
	} {
		if d, err := timer.Duration(v); err != nil || d != want {
			t.Errorf("%v gives %v, %v", v, d, err)
		}
	}
	for _, v := range []lua.LValue{
		lua.LNumber(-1), lua.LNumber(math.NaN()), lua.LNumber(math.Inf(1)), lua.LNumber(1e10), lua.LNumber(math.MaxInt64),
		lua.LString(""), lua.LString("20"), lua.LString("-1s"), lua.LString("soon"), lua.LString("1w"),
		lua.LString("99999999999h"), lua.LString(strings.Repeat("x", 1000)), lua.LNil, lua.LTrue, &lua.LTable{},
	} {
		d, err := timer.Duration(v)
		if err == nil || !strings.Contains(err.Error(), `give seconds, or text such as "1h30m"`) || len(err.Error()) > 200 {
			t.Errorf("%v gives %v, %v", v, d, err)
		}
	}
}
