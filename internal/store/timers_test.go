package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"luahost/internal/store"
)

var callBack = store.Timer{
	Script: "night.lua", Name: "call-back", Kind: "after", Spec: "30m", Missed: time.Hour,
	Data: []byte{0, 255}, Account: "home", Due: noon.Add(30 * time.Minute).UTC(),
}

func add(t *testing.T, s *store.Store, timer store.Timer) store.Timer {
	t.Helper()
	id, err := s.AddTimer(t.Context(), timer)
	if err != nil {
		t.Fatal(err)
	}
	timer.ID, timer.State = id, store.TimerPending
	return timer
}

func claim(t *testing.T, s *store.Store, now time.Time, c store.Claim) (store.Timer, bool) {
	t.Helper()
	got, err := s.ClaimTimers(t.Context(), now, []store.Claim{c})
	if err != nil || len(got) > 1 {
		t.Fatal(got, err)
	}
	if len(got) == 0 {
		return store.Timer{}, false
	}
	return got[0], true
}

// timers are the script's, those that ended included.
func timers(t *testing.T, s *store.Store, script string) []store.Timer {
	t.Helper()
	list, err := s.Timers(t.Context(), store.TimerQuery{Script: script, Ended: true})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func wantTimer(t *testing.T, got, want store.Timer) {
	t.Helper()
	if string(got.Data) != string(want.Data) {
		t.Errorf("data is %q, want %q", got.Data, want.Data)
	}
	got.Data, want.Data = nil, nil
	if got.ID != want.ID || got.Script != want.Script || got.Name != want.Name || got.Kind != want.Kind || got.Spec != want.Spec ||
		got.Missed != want.Missed || got.Account != want.Account || got.State != want.State || !got.Due.Equal(want.Due) ||
		!got.Began.Equal(want.Began) || !got.Ended.Equal(want.Ended) || got.Outcome != want.Outcome || got.Fault != want.Fault {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestTimerRunsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	want := add(t, s, callBack)
	s = reopen(t, s, path)
	wantTimer(t, timers(t, s, "night.lua")[0], want)

	late := want.Due.Add(time.Second)
	if got, ok := claim(t, s, late, store.Claim{ID: want.ID, Due: want.Due.Add(1000)}); ok {
		t.Errorf("claimed at another time: %+v", got)
	}
	got, ok := claim(t, s, late, store.Claim{ID: want.ID, Due: want.Due})
	if !ok {
		t.Fatal("not claimed")
	}
	want.State, want.Began = store.TimerRunning, late
	wantTimer(t, got, want)
	if _, ok := claim(t, s, late, store.Claim{ID: want.ID, Due: want.Due}); ok {
		t.Error("claimed twice")
	}
	if stopped, err := s.StopTimer(t.Context(), want.ID); stopped || err != nil {
		t.Errorf("stopped while it runs: %v, %v", stopped, err)
	}
	if err := s.EndTimer(t.Context(), late.Add(time.Second), want.ID, store.TimerFailed, "night.lua:3: no"); err != nil {
		t.Fatal(err)
	}
	want.State, want.Ended, want.Outcome, want.Fault, want.Data = store.TimerEnded, late.Add(time.Second), store.TimerFailed, "night.lua:3: no", nil
	wantTimer(t, timers(t, s, "night.lua")[0], want)
	if _, ok := claim(t, s, late, store.Claim{ID: want.ID, Due: want.Due}); ok {
		t.Error("claimed after its end")
	}
	if next := add(t, s, callBack); next.ID == want.ID {
		t.Error("a number is given twice")
	}
	if list, err := s.Timers(t.Context(), store.TimerQuery{}); err != nil || len(list) != 1 {
		t.Errorf("%d are to run, %v", len(list), err)
	}
}

func TestTimerReleasedAndStopped(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "luahost.db"))
	want := add(t, s, callBack)
	claim(t, s, noon, store.Claim{ID: want.ID, Due: want.Due})
	if err := s.ReleaseTimers(t.Context(), []int64{want.ID, 99}); err != nil {
		t.Fatal(err)
	}
	wantTimer(t, timers(t, s, "night.lua")[0], want)
	for _, want := range []bool{true, false} {
		if stopped, err := s.StopTimer(t.Context(), 1); stopped != want || err != nil {
			t.Errorf("stopped: %v, %v", stopped, err)
		}
	}
	add(t, s, callBack)
	add(t, s, store.Timer{Script: "day.lua", Name: "x", Kind: "after", Due: noon})
	if n, err := s.ForgetTimers(t.Context(), "night.lua"); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if list := timers(t, s, ""); len(list) != 1 {
		t.Errorf("left %+v", list)
	}
}

func TestTimersDeclared(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "luahost.db"))
	report := store.Timer{Script: "day.lua", Name: "report", Kind: "daily", Spec: "09:00", Data: []byte("a"), Due: noon}
	poll := store.Timer{Script: "day.lua", Name: "poll", Kind: "every", Spec: "10m", Due: noon}
	declare := func(list ...store.Timer) []store.Timer {
		t.Helper()
		all, err := s.DeclareTimers(t.Context(), "day.lua", list)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	once := add(t, s, store.Timer{Script: "day.lua", Name: "report", Kind: "after", Due: noon.Add(-time.Hour)})
	if all := declare(report, poll); len(all) != 3 {
		t.Fatalf("declared %+v", all)
	}
	again, moved := report, poll
	again.Due, again.Data, again.Missed = noon.Add(time.Hour), []byte("b"), store.MissedRun
	moved.Due, moved.Spec = noon.Add(time.Hour), "20m"
	for _, got := range declare(again, moved) {
		switch got.Name + got.Kind {
		case "reportdaily":
			want := again
			want.ID, want.State, want.Due = got.ID, store.TimerPending, noon
			wantTimer(t, got, want)
		case "pollevery":
			want := moved
			want.ID, want.State = got.ID, store.TimerPending
			wantTimer(t, got, want)
		}
	}
	if all := declare(again); len(all) != 2 || all[0].ID != once.ID && all[1].ID != once.ID {
		t.Errorf("left %+v", all)
	}
}

func TestTimerRepeats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	all, err := s.DeclareTimers(t.Context(), "day.lua", []store.Timer{{Script: "day.lua", Name: "report", Kind: "daily", Spec: "09:00", Due: noon}})
	if err != nil {
		t.Fatal(err)
	}
	want := all[0]
	tomorrow := noon.Add(24 * time.Hour)
	if _, ok := claim(t, s, noon, store.Claim{ID: want.ID, Due: noon, Next: tomorrow}); !ok {
		t.Fatal("not claimed")
	}
	// A crash: the next process finds that it ran.
	s = reopen(t, s, path)
	later := noon.Add(time.Hour)
	cut, err := s.InterruptTimers(t.Context(), later)
	if err != nil || len(cut) != 1 {
		t.Fatalf("%+v, %v", cut, err)
	}
	want.Due, want.Began, want.Ended, want.Outcome = tomorrow, noon, later, store.TimerInterrupted
	wantTimer(t, cut[0], want)
	if cut, err := s.InterruptTimers(t.Context(), later); err != nil || len(cut) != 0 {
		t.Errorf("again %+v, %v", cut, err)
	}
	if _, ok := claim(t, s, later, store.Claim{ID: want.ID, Due: noon, Next: tomorrow}); ok {
		t.Error("what was interrupted runs again")
	}
	after := tomorrow.Add(24 * time.Hour)
	if _, ok := claim(t, s, after, store.Claim{ID: want.ID, Due: tomorrow, Next: after, Miss: true}); ok {
		t.Error("what was missed runs")
	}
	want.Due, want.Ended, want.Outcome = after, after, store.TimerMissed
	wantTimer(t, timers(t, s, "day.lua")[0], want)

	moved := after.Add(-time.Minute)
	for _, from := range []time.Time{tomorrow, after} { // the first is not when it is due
		if err := s.MoveTimers(t.Context(), []store.Claim{{ID: want.ID, Due: from, Next: moved}}); err != nil {
			t.Fatal(err)
		}
		if from.Equal(after) {
			want.Due = moved
		}
		wantTimer(t, timers(t, s, "day.lua")[0], want)
	}
	claim(t, s, after, store.Claim{ID: want.ID, Due: moved, Next: after.Add(time.Hour)})
	if err := s.ReleaseTimers(t.Context(), []int64{want.ID}); err != nil {
		t.Fatal(err)
	}
	wantTimer(t, timers(t, s, "day.lua")[0], want)
	if stopped, err := s.StopTimer(t.Context(), want.ID); !stopped || err != nil {
		t.Errorf("stopped %v, %v", stopped, err)
	}
}

// One-shot timers that were missed, or that ended long ago, do not stay.
func TestTimersArePruned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	old := add(t, s, callBack)
	claim(t, s, noon, store.Claim{ID: old.ID, Due: old.Due, Miss: true})
	fresh := add(t, s, callBack)
	claim(t, s, noon.AddDate(0, 0, 6), store.Claim{ID: fresh.ID, Due: fresh.Due, Miss: true})
	if list := timers(t, s, ""); len(list) != 2 || list[0].Outcome != store.TimerMissed || list[0].State != store.TimerEnded {
		t.Fatalf("kept %+v", list)
	}
	if _, err := s.InterruptTimers(t.Context(), noon.AddDate(0, 0, 8)); err != nil {
		t.Fatal(err)
	}
	if list := timers(t, s, ""); len(list) != 1 || list[0].ID != fresh.ID {
		t.Errorf("kept %+v", list)
	}
}

func BenchmarkAddTimer(b *testing.B) {
	s, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.AddTimer(b.Context(), callBack); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("64writers", func(b *testing.B) {
		b.SetParallelism(32) // of each of two cores
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := s.AddTimer(b.Context(), callBack); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// What is to come stands first, and then what ended last.
func TestTimersInOrder(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "luahost.db"))
	for i, due := range []time.Duration{1, 2, 9, 8} {
		timer := add(t, s, store.Timer{Script: "a.lua", Name: fmt.Sprint(i), Kind: "after", Due: noon.Add(due * time.Hour)})
		if due > 2 {
			continue
		}
		claim(t, s, timer.Due, store.Claim{ID: timer.ID, Due: timer.Due})
		if err := s.EndTimer(t.Context(), timer.Due, timer.ID, store.TimerDone, ""); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for _, timer := range timers(t, s, "a.lua") {
		got += timer.Name
	}
	if got != "3210" {
		t.Errorf("in the order %s", got)
	}
}
