package schedule_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"luahost/internal/clock"
	"luahost/internal/schedule"
	"luahost/internal/store"
)

// wall is a clock whose hands somebody moves, while time passes as ever.
type wall struct {
	clock.System
	ahead atomic.Int64
}

// Now implements clock.Clock.
func (w *wall) Now() time.Time {
	return time.Now().Round(0).Add(time.Duration(w.ahead.Load()))
}

func (w *wall) jump(by time.Duration) { w.ahead.Add(int64(by)) }

// The hands of the clock are moved: what goes by the wall follows within half a
// minute, loses nothing to a small jump, and doubles nothing.
func TestClockJumps(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		hands := &wall{}
		w.clock = hands
		w.run()
		at := schedule.Daily(9*60, [7]bool{}, time.UTC)
		declared := []schedule.Named{
			{Script: "a.lua", Name: "daily", Spec: at},
			{Script: "a.lua", Name: "run", Spec: at, Missed: store.MissedRun},
			{Script: "a.lua", Name: "every", Spec: every(6 * time.Hour), Missed: store.MissedRun},
		}
		w.Declare("a.lua", declared)
		w.unnamed("a.lua", at)
		w.until("2000-01-01 08:59:00")
		w.want("a.lua every Sat 2000-01-01 06:00:00")
		hands.jump(80 * time.Second) // 09:00:20, which is seen half a minute later
		time.Sleep(31 * time.Second)
		w.want("a.lua Sat 2000-01-01 09:00:00 late 50s", "a.lua daily Sat 2000-01-01 09:00:00 late 50s", "a.lua run Sat 2000-01-01 09:00:00 late 50s")
		hands.jump(-2 * time.Minute) // again before nine: it has been
		time.Sleep(time.Hour)
		w.want()
		hands.jump(24 * time.Hour) // the computer slept until ten the next day
		time.Sleep(31 * time.Second)
		if all := w.soFar(); len(all) != 2 {
			t.Errorf("after the sleep %q", all)
		}
		w.forget()
		hands.jump(-5 * 24 * time.Hour) // the clock was wrong by days
		time.Sleep(24 * time.Hour)
		w.want("a.lua Wed 1999-12-29 09:00:00", "a.lua daily Wed 1999-12-29 09:00:00", "a.lua run Wed 1999-12-29 09:00:00",
			"a.lua every Tue 1999-12-28 15:59:50", "a.lua every Tue 1999-12-28 21:59:50", "a.lua every Wed 1999-12-29 03:59:50")
		w.stop()
	})
}

// A timer that was made while the clock was wrong does not wait for longer than its
// delay when it is put right, also after a restart.
func TestDelayAndAWrongClock(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		hands := &wall{}
		hands.jump(366 * 24 * time.Hour)
		w.clock = hands
		w.run()
		for _, d := range []time.Duration{30 * time.Minute, 90 * time.Second} {
			if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "once", Spec: after(d), Missed: store.MissedRun}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		w.stop()
		w.run()
		w.Declare("a.lua", nil)
		time.Sleep(time.Minute)
		w.want("a.lua once Mon 2001-01-01 00:01:30")
		hands.jump(-366 * 24 * time.Hour)
		w.until("2000-01-01 00:40:00")
		w.want("a.lua once Sat 2000-01-01 00:32:30")
		w.stop()
	})
}

// A timer of a function that counts what passes does not see the wall.
func TestPassingTime(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		w.unnamed("a.lua", after(8*time.Hour))
		time.Sleep(8 * time.Hour)
		w.want("a.lua Sat 2000-01-01 08:00:00")
	})
}

// The clock is put right while handlers are at work, as when a computer starts with a
// wrong one and what was due waits for the network: their next time is not a year away.
func TestClockSetBackAtWork(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		hands := &wall{}
		hands.jump(366 * 24 * time.Hour)
		w.clock, w.work = hands, 10*time.Minute
		w.run()
		at := schedule.Daily(9*60, [7]bool{}, time.UTC)
		w.Declare("a.lua", []schedule.Named{
			{Script: "a.lua", Name: "daily", Spec: at},
			{Script: "a.lua", Name: "every", Spec: every(9 * time.Hour)},
			{Script: "a.lua", Name: "waits", Spec: every(72 * time.Hour)},
		})
		w.unnamed("a.lua", at)
		w.unnamed("a.lua", schedule.Daily(9*60, [7]bool{time.Friday: true}, time.UTC)) // waits
		w.until("2000-01-01 09:05:00")
		w.want("a.lua Mon 2001-01-01 09:00:00", "a.lua daily Mon 2001-01-01 09:00:00", "a.lua every Mon 2001-01-01 09:00:00")
		hands.jump(-366 * 24 * time.Hour)
		w.until("2000-01-02 09:05:00")
		w.want("a.lua Sun 2000-01-02 09:00:00", "a.lua daily Sun 2000-01-02 09:00:00",
			"a.lua every Sat 2000-01-01 18:05:30", "a.lua every Sun 2000-01-02 03:05:30")
		time.Sleep(time.Hour)
		w.stop()
	})
}
