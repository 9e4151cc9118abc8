package schedule_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"luahost/internal/schedule"
	"luahost/internal/store"
)

func TestUnnamed(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) { // from 2000-01-01 00:00 UTC, a saturday
		w := newWorld(t, path).run()
		defer w.stop()
		w.unnamed("a.lua", after(90*time.Second))
		ticker := w.unnamed("b.lua", every(time.Minute))
		w.unnamed("c.lua", schedule.Daily(1, [7]bool{}, time.UTC))
		stopped := w.unnamed("d.lua", after(time.Second))
		if !stopped.Stop() || stopped.Stop() {
			t.Error("Stop: want true once, then false")
		}
		if at, ok := ticker.Due(); !ok || at.Unix()%3600 != 60 {
			t.Errorf("due %v, %v", at, ok)
		}
		time.Sleep(150 * time.Second)
		w.want("b.lua Sat 2000-01-01 00:01:00", "c.lua Sat 2000-01-01 00:01:00", "a.lua Sat 2000-01-01 00:01:30", "b.lua Sat 2000-01-01 00:02:00")
		ticker.Stop()
		if _, ok := ticker.Due(); ok {
			t.Error("is due though it was stopped")
		}
		time.Sleep(24 * time.Hour)
		w.want("c.lua Sun 2000-01-02 00:01:00")
	})
}

// A handler that is slow misses nothing but what it is slower than, and never runs
// twice at a time.
func TestSlowHandlers(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		w.work = 150 * time.Second
		unnamed := w.unnamed("a.lua", every(time.Minute))
		time.Sleep(10*time.Minute + 10*time.Second)
		unnamed.Stop()
		w.want("a.lua Sat 2000-01-01 00:01:00",
			"a.lua Sat 2000-01-01 00:02:00 late 1m30s", // merged with 00:03
			"a.lua Sat 2000-01-01 00:04:00 late 2m0s",
			"a.lua Sat 2000-01-01 00:07:00 late 1m30s")
		time.Sleep(10 * time.Minute)
		w.want()
		w.Declare("b.lua", []schedule.Named{{Script: "b.lua", Name: "poll", Spec: every(time.Minute)}})
		time.Sleep(6 * time.Minute)
		w.want("b.lua poll Sat 2000-01-01 00:21:10", "b.lua poll Sat 2000-01-01 00:22:10 late 1m30s", "b.lua poll Sat 2000-01-01 00:24:10 late 2m0s")
	})
}

func TestNamedOnce(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		id, err := w.Keep(schedule.Named{Script: "night.lua", Name: "call-back", Spec: after(30 * time.Minute), Missed: store.MissedRun, Data: []byte("x"), Account: "home"})
		if due, ok := w.Pending(id); err != nil || !ok || time.Until(due) > 30*time.Minute {
			t.Fatal(id, due, err)
		}
		w.also = func(f schedule.Firing) {
			if f.Account != "home" || string(f.Data) != "x" {
				t.Errorf("fires %+v", f)
			}
		}
		w.stop() // it waits on the disk, and runs late
		time.Sleep(time.Hour)
		w.run()
		time.Sleep(time.Second)
		w.want() // its script is not loaded yet
		w.Declare("night.lua", nil)
		synctest.Wait()
		w.want("night.lua call-back Sat 2000-01-01 00:30:00 late 30m1s")
		time.Sleep(time.Hour)
		if _, ok := w.Pending(id); ok {
			t.Error("is pending after it ran")
		}
		w.stop()
		w.run()
		w.Declare("night.lua", nil)
		time.Sleep(time.Hour)
		w.want()
		if all := w.timers(true); len(all) != 1 || all[0].Outcome != store.TimerDone {
			t.Errorf("kept %+v", all)
		}
		w.also = nil
		w.fault = errors.New("night.lua:3: " + strings.Repeat("☎", 1000))
		second, _ := w.Keep(schedule.Named{Script: "night.lua", Name: "call-back", Spec: after(0)})
		third, _ := w.Keep(schedule.Named{Script: "night.lua", Name: "stopped", Spec: after(time.Hour)})
		time.Sleep(time.Minute)
		for id, want := range map[int64]bool{third: true, second: false, 99: false} {
			if stopped, err := w.Forget(id); stopped != want || err != nil {
				t.Errorf("stopped %d: %v, %v", id, stopped, err)
			}
		}
		time.Sleep(2 * time.Hour)
		w.want("night.lua call-back Sat 2000-01-01 03:00:01")
		if all := w.timers(true); len(all) != 2 || all[0].Fault+all[1].Fault == "" || len(all[0].Fault+all[1].Fault) > 400 || !utf8.ValidString(all[0].Fault+all[1].Fault) {
			t.Errorf("kept %+v", all)
		}
		w.stop()
	})
}

// What was due while nothing ran.
func TestMissed(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		hourly := func(name string, missed time.Duration) schedule.Named {
			return schedule.Named{Script: "a.lua", Name: name, Spec: cron(t, "0 * * * *", "UTC"), Missed: missed}
		}
		declared := []schedule.Named{hourly("run", store.MissedRun), hourly("skip", 0), hourly("younger", time.Hour)}
		w.Declare("a.lua", declared)
		for name, missed := range map[string]time.Duration{"once-run": store.MissedRun, "once-skip": 0, "once-younger": 4 * time.Hour, "once-older": 2 * time.Hour} {
			if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: name, Spec: after(90 * time.Minute), Missed: missed}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(65 * time.Minute)
		if all := w.soFar(); len(all) != 3 {
			t.Errorf("fired %q", all)
		}
		w.forget()
		w.stop()
		time.Sleep(4 * time.Hour) // it is 05:05, and they were due from 02:00
		w.run()
		w.Declare("a.lua", declared)
		time.Sleep(time.Minute)
		fired := w.soFar()
		got := map[string]bool{}
		for _, f := range fired {
			got[f] = true
		}
		if want := "a.lua run Sat 2000-01-01 02:00:00 late 3h5m0s"; !got[want] {
			t.Errorf("did not run: %q", fired)
		}
		if want := "a.lua once-run Sat 2000-01-01 01:30:00 late 3h35m0s"; !got[want] {
			t.Errorf("did not run: %q", fired)
		}
		if want := "a.lua once-younger Sat 2000-01-01 01:30:00 late 3h35m0s"; !got[want] {
			t.Errorf("did not run: %q", fired)
		}
		if len(fired) != 3 {
			t.Errorf("ran: %q", fired)
		}
		w.forget()
		w.wantLog("timer missed")
		time.Sleep(time.Hour)
		if all := w.soFar(); len(all) != 3 {
			t.Errorf("at six: %q", all)
		}
		for _, timer := range w.timers(true) {
			if timer.Once() && timer.State != store.TimerEnded || timer.Name == "once-skip" && timer.Outcome != store.TimerMissed {
				t.Errorf("left %+v", timer)
			}
		}
		w.stop()
	})
}

// Within a minute nothing is missed: luahost may be started anew at nine.
func TestShortlyAwayIsNotMissed(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		report := []schedule.Named{{Script: "a.lua", Name: "report", Spec: schedule.Daily(9*60, [7]bool{}, time.UTC)}}
		w.Declare("a.lua", report)
		w.until("2000-01-01 08:59:50")
		w.stop()
		w.until("2000-01-01 09:00:40")
		w.run()
		w.Declare("a.lua", report)
		w.want("a.lua report Sat 2000-01-01 09:00:00 late 40s")
		w.stop()
	})
}

func TestDeclaredTimersStay(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		poll := schedule.Named{Script: "a.lua", Name: "poll", Spec: every(time.Hour)}
		w.Declare("a.lua", []schedule.Named{poll})
		time.Sleep(50 * time.Minute)
		w.Declare("a.lua", []schedule.Named{poll}) // a reload
		time.Sleep(15 * time.Minute)
		w.want("a.lua poll Sat 2000-01-01 01:00:00")
		w.stop() // a restart
		time.Sleep(30 * time.Minute)
		w.run()
		w.Declare("a.lua", []schedule.Named{poll})
		time.Sleep(30 * time.Minute)
		w.want("a.lua poll Sat 2000-01-01 02:00:00")
		poll.Spec = every(20 * time.Minute) // which moves it
		w.Declare("a.lua", []schedule.Named{poll})
		time.Sleep(25 * time.Minute)
		w.want("a.lua poll Sat 2000-01-01 02:25:00")
		if at, ok := w.DueOf("a.lua", "poll"); !ok || at.Format(time.TimeOnly) != "02:45:00" {
			t.Errorf("due %v, %v", at, ok)
		}
		if stopped, err := w.ForgetDeclared("a.lua", "poll"); !stopped || err != nil {
			t.Error(stopped, err)
		}
		time.Sleep(time.Hour)
		w.want()
		w.Declare("a.lua", []schedule.Named{poll}) // begins anew
		time.Sleep(25 * time.Minute)
		w.want("a.lua poll Sat 2000-01-01 03:50:00")
		w.Declare("a.lua", nil) // the script has it no more
		time.Sleep(time.Hour)
		w.want()
		if all := w.timers(true); len(all) != 0 {
			t.Errorf("left %+v", all)
		}
		w.stop()
	})
}

// A disk that takes no writes is told of once, and so is its end: timers are tried
// again every second.
func TestClaimsThatFailAreToldOnce(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		for i := range 3 {
			if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "once", Spec: after(time.Duration(i) * time.Second), Missed: store.MissedRun}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				time.Sleep(time.Second)
				w.want("a.lua once Sat 2000-01-01 00:00:00")
				alter(t, path, `CREATE TRIGGER full BEFORE UPDATE ON timers BEGIN SELECT RAISE(FAIL, 'disk full'); END`)
			}
		}
		time.Sleep(10 * time.Second)
		w.want()
		alter(t, path, `DROP TRIGGER full`)
		time.Sleep(time.Second)
		w.want("a.lua once Sat 2000-01-01 00:00:02 late 10s", "a.lua once Sat 2000-01-01 00:00:03 late 9s")
		for _, text := range []string{"timers not started", "timers are started again"} {
			if got := strings.Count(w.logs.String(), text); got != 1 {
				t.Errorf("%s: logged %d times:\n%s", text, got, w.logs.String())
			}
		}
		w.stop()
	})
}

// A script that is not loaded has its timers wait; they are not tried all the time.
func TestNobodyHandlesIt(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		w.refuse.Store(true)
		w.Declare("a.lua", []schedule.Named{{Script: "a.lua", Name: "tick", Spec: every(time.Second), Missed: store.MissedRun}})
		if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "once", Spec: after(time.Second), Missed: store.MissedRun}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute + 500*time.Millisecond)
		w.want()
		if got := strings.Count(w.logs.String(), "timer waits"); got != 2 {
			t.Errorf("logged %d times:\n%s", got, w.logs.String())
		}
		for _, timer := range w.timers(true) {
			if timer.State != store.TimerPending || timer.Outcome != "" {
				t.Errorf("left %+v", timer)
			}
		}
		w.refuse.Store(false)
		w.Declare("a.lua", []schedule.Named{{Script: "a.lua", Name: "tick", Spec: every(time.Second), Missed: store.MissedRun}})
		w.want("a.lua tick Sat 2000-01-01 00:00:01 late 10m0s", "a.lua once Sat 2000-01-01 00:00:01 late 10m0s")
		time.Sleep(time.Second)
		w.want("a.lua tick Sat 2000-01-01 00:10:01")
		w.stop()
	})
}

// A script that has too many handlers at work gets its timers as soon as it has room;
// what it was late for was not missed.
func TestBusyScript(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		w.busy.Store(true)
		w.Declare("a.lua", []schedule.Named{{Script: "a.lua", Name: "report", Spec: every(time.Hour)}})
		w.until("2000-01-01 01:02:00")
		w.want()
		w.busy.Store(false)
		time.Sleep(time.Second)
		w.want("a.lua report Sat 2000-01-01 01:00:00 late 2m1s")
		if got := strings.Count(w.logs.String(), "too many handlers at work"); got != 1 {
			t.Errorf("logged %d times:\n%s", got, w.logs.String())
		}
		w.until("2000-01-01 02:00:00")
		w.want("a.lua report Sat 2000-01-01 02:00:00")
		w.stop()
	})
}

// An unnamed timer whose start is refused is started later.
func TestRefusedUnnamed(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		w.refuse.Store(true)
		w.unnamed("a.lua", after(time.Second))
		time.Sleep(10500 * time.Millisecond)
		w.refuse.Store(false)
		time.Sleep(time.Second)
		w.want("a.lua Sat 2000-01-01 00:00:01 late 10s")
	})
}

func TestInterrupted(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		w.ends = func(func(error)) {} // the process ends while it runs
		poll := []schedule.Named{{Script: "a.lua", Name: "poll", Spec: every(time.Hour), Missed: store.MissedRun}}
		w.Declare("a.lua", poll)
		if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "once", Spec: after(time.Hour), Missed: store.MissedRun}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(70 * time.Minute)
		w.stop()
		w.want("a.lua poll Sat 2000-01-01 01:00:00", "a.lua once Sat 2000-01-01 01:00:00")
		w.run()
		w.ends = nil
		w.Declare("a.lua", poll)
		time.Sleep(time.Minute)
		w.want()
		if got := strings.Count(w.logs.String(), "timer was interrupted"); got != 2 {
			t.Errorf("logged %d times:\n%s", got, w.logs.String())
		}
		time.Sleep(time.Hour)
		w.want("a.lua poll Sat 2000-01-01 02:00:00")
		w.stop()
	})
}

func TestLimits(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		w.Limit = 3
		first := w.unnamed("a.lua", after(time.Hour))
		w.unnamed("a.lua", after(time.Second))
		if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "x", Spec: after(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		var many *schedule.TooManyError
		if _, err := w.Keep(schedule.Named{Script: "a.lua", Name: "x", Spec: after(time.Hour)}); !errors.As(err, &many) {
			t.Errorf("a fourth: %v", err)
		}
		w.unnamed("b.lua", after(time.Hour)) // another script's are its own
		first.Stop()
		time.Sleep(time.Minute)
		w.unnamed("a.lua", after(time.Hour))
		w.unnamed("a.lua", after(time.Hour))
		if _, err := w.Unnamed(schedule.Owner{Script: "a.lua"}, after(0), nil); !errors.As(err, &many) || err.Error() != "a.lua has 3 timers that are pending, and may have no more" {
			t.Errorf("a fourth: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		n := schedule.Named{Script: "c.lua", Name: "x", Spec: after(time.Second), Data: make([]byte, schedule.MaxData/2)}
		for range 2 {
			if _, err := w.Keep(n); err != nil {
				t.Fatal(err)
			}
		}
		n.Data = n.Data[:1]
		if _, err := w.Keep(n); err == nil || err.Error() != "the data of the timers of c.lua takes 8192 KiB, and may not take more than 8192" {
			t.Errorf("more data: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := w.Keep(n); err != nil {
			t.Errorf("when they have run: %v", err)
		}
	})
	if _, err := schedule.Every(999 * time.Millisecond); err == nil {
		t.Error("faster than once a second")
	}
	if _, err := schedule.After(20 * 366 * 24 * time.Hour); err == nil {
		t.Error("in twenty years")
	}
}

// Timers that are stopped while they wait for a place leave it to those behind them,
// also when there is nothing else whose end would wake these.
func TestStoppedWhileTheyWait(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path)
		w.work = 10 * time.Minute
		w.run()
		const atWork, waiting, stopped = 500, 700, 600
		var timers []*schedule.Timer
		for i := range atWork + waiting {
			timers = append(timers, w.unnamed("a.lua", after(time.Duration(i+1)*time.Millisecond)))
		}
		time.Sleep(time.Minute)
		if n := len(w.soFar()); n != atWork {
			t.Fatalf("%d at work", n)
		}
		for _, timer := range timers[atWork:][:stopped] {
			timer.Stop()
		}
		time.Sleep(time.Hour)
		if n := len(w.soFar()); n != atWork+waiting-stopped {
			t.Errorf("%d have run, want %d", n, atWork+waiting-stopped)
		}
		w.stop()
	})
}

// Thousands that are due at once all run, a few hundred at a time.
func TestManyAtOnce(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path).run()
		defer w.stop()
		w.work = time.Minute
		const n = 1200
		for range n {
			w.unnamed("a.lua", after(time.Second))
			if _, err := w.Keep(schedule.Named{Script: "b.lua", Name: "x", Spec: after(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		if got := len(w.soFar()); got != 500 {
			t.Errorf("%d at once", got)
		}
		time.Sleep(3 * time.Minute)
		if got := len(w.soFar()); got != n {
			t.Errorf("%d ran", got)
		}
		time.Sleep(time.Hour)
		if got := len(w.soFar()); got != 2*n {
			t.Errorf("%d ran, want all though they are more than a minute late", got)
		}
	})
}

// Timers that make timers do not take every core, named or not, and hold up nobody
// else's; as many as may be pending run at once.
func TestTimersThatMakeTimers(t *testing.T) {
	path := database(t)
	synctest.Test(t, func(t *testing.T) {
		const limit, more = 200, 3_000
		w := newWorld(t, path)
		w.limit = limit
		w.run()
		defer w.stop()
		var runs, named atomic.Int64
		var chain func()
		chain = func() {
			timer, err := w.Unnamed(schedule.Owner{Script: "a.lua"}, after(0), func(_ schedule.Firing, ended func()) bool {
				w.handlers.Go(func() {
					ended()
					if runs.Add(1) < limit+more {
						chain()
					}
				})
				return true
			})
			if err != nil {
				t.Error(err)
				return
			}
			timer.Start()
		}
		keep := func() {
			if _, err := w.Keep(schedule.Named{Script: "c.lua", Name: "x", Spec: after(0), Missed: store.MissedRun}); err != nil {
				t.Error(err)
			}
		}
		w.ends = func(ended func(error)) {
			w.handlers.Go(func() {
				ended(nil)
				if named.Add(1) < limit+more {
					keep()
				}
			})
		}
		w.Declare("c.lua", nil)
		for range 50 {
			chain()
			keep()
		}
		w.unnamed("b.lua", after(time.Second))
		time.Sleep(100 * time.Millisecond)
		for _, count := range []*atomic.Int64{&runs, &named} {
			if n := count.Load(); n < limit || n > limit+150 {
				t.Errorf("%d ran at once", n)
			}
		}
		time.Sleep(1500 * time.Millisecond)
		for _, count := range []*atomic.Int64{&runs, &named} {
			if n := count.Load(); n < limit+100 || n > limit+1700 {
				t.Errorf("%d ran", n)
			}
		}
		if fired := w.soFar(); !slices.Contains(fired, "b.lua Sat 2000-01-01 00:00:01") {
			t.Error("another script's was held up")
		}
		time.Sleep(time.Minute)
		for _, count := range []*atomic.Int64{&runs, &named} {
			if n := count.Load(); n < limit+more {
				t.Errorf("%d ran in the end", n)
			}
		}
		if n := strings.Count(w.logs.String(), "timers slowed down"); n != 2 {
			t.Errorf("it is told %d times", n)
		}
	})
}
