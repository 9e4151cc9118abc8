package timer_test

import (
	"slices"
	"testing"
	"time"

	"luahost/bindings/manual"
	"luahost/bindings/phonetest"
	"luahost/bindings/timer"
	"luahost/internal/call"
	"luahost/internal/simulator"
)

// scene is what happens to an example: Ann, who is saved, rings at a time in Berlin
// and hangs up; when the timer has been set that the host waits for, the time passes.
type scene struct {
	at    string        // "2026-03-06 23:00:00", if the hour counts
	first bool          // the time passes while it rings
	begun string        // the event whose handler has to have run before she hangs up
	set   time.Duration // what the host waits for: half a minute at most on the wall
	later time.Duration
	runs  string // the event whose handler has to run then
}

var scenes = map[string]scene{
	"sleep":  {first: true, set: 20 * time.Second, later: 20 * time.Second, runs: "call"},
	"after":  {set: 30 * time.Second, later: 31 * time.Minute, runs: "timer.call-back"},
	"every":  {set: time.Hour, later: time.Hour, runs: "every"},
	"daily":  {at: "2026-03-06 19:59:40", set: 20 * time.Second, later: 20 * time.Second, runs: "daily"},
	"cron":   {at: "2026-03-06 14:59:40", set: 20 * time.Second, later: 20 * time.Second, runs: "cron"},
	"timers": {begun: "call", set: 30 * time.Second, later: 31 * time.Minute, runs: "timer.call-back"},
	"name":   {set: 30 * time.Second, later: 6 * time.Minute, runs: "timer.remind"},
	"due":    {set: 90 * time.Second, later: 90 * time.Second, runs: "after"},
	"data":   {set: 30 * time.Second, later: 6 * time.Minute, runs: "timer.remind"},
	"stop":   {first: true, set: 20 * time.Second, later: 20 * time.Second, runs: "after"},
}

func TestExamples(t *testing.T) {
	for _, e := range slices.Concat(timer.Functions(), timer.Fields(), timer.Methods()) {
		t.Run(e.Name, func(t *testing.T) { run(t, e, scenes[e.Name]) })
	}
}

func run(t *testing.T, e manual.Entry, s scene) {
	at := phonetest.Evening
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if s.at != "" {
		if at, err = time.ParseInLocation(time.DateTime, s.at, berlin); err != nil {
			t.Fatal(err)
		}
	}
	w := phonetest.New(t, at, map[string]string{"example.lua": e.Example})
	ann := w.Person(simulator.User{FirstName: "Ann"})
	if err := w.Telegram.AddContact(w.Home.ID, ann.UserID()); err != nil {
		t.Fatal(err)
	}
	pass := func() {
		w.Timers(s.set, 1)
		w.Clock.Advance(s.later)
	}
	end, c := w.Ring(ann, false)
	if err := c.Wait(t.Context(), call.Ringing); err != nil {
		t.Fatal(err)
	}
	if s.first {
		pass()
		w.RunsOf(s.runs)
	}
	if s.begun != "" { // or else it may stop the timer that the one of "call.ended" sets
		w.RunsOf(s.begun)
	}
	w.Over(end, c)
	if !s.first {
		pass()
		w.RunsOf(s.runs)
	}
	w.Check(0)
}
