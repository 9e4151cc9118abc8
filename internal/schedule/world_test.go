package schedule_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"luahost/internal/clock"
	"luahost/internal/schedule"
	"luahost/internal/store"
)

// world is an engine at work within synctest, with the time from its clock.
type world struct {
	testing.TB
	*schedule.Engine
	path string
	stop func()

	handlers sync.WaitGroup

	mu    sync.Mutex
	fired []string // "night.lua call-back 2026-…"
	logs  strings.Builder
	clock clock.Clock
	zone  *time.Location

	limit  int               // default: that of the engine
	refuse atomic.Bool       // nobody handles a named timer
	busy   atomic.Bool       // or its script has too much at work
	work   time.Duration     // that a handler takes
	fault  error             // that a handler ends with
	ends   func(func(error)) // instead: what is done with the end of a run
	also   func(schedule.Firing)
}

func newWorld(t testing.TB, path string) *world {
	return &world{TB: t, path: path, clock: clock.System{}, zone: time.UTC}
}

// run begins; stop ends as an orderly shutdown does.
func (w *world) run() *world {
	w.Helper()
	s, err := store.Open(store.Options{Path: w.path})
	if err != nil {
		w.Fatal(err)
	}
	w.Engine = schedule.New(schedule.Options{Clock: w.clock, Store: s, Fire: w.fire, Limit: w.limit, Log: slog.New(slog.NewTextHandler(&w.logs, nil))})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
		w.handlers.Wait()
		if err := s.Close(); err != nil {
			w.Error(err)
		}
	}
	return w
}

func (w *world) note(f schedule.Firing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := f.Script
	if f.Name != "" {
		text += " " + f.Name
	}
	text += " " + f.Due.In(w.zone).Format("Mon 2006-01-02 15:04:05")
	if f.Late >= time.Second {
		text += " late " + f.Late.Round(time.Second).String()
	}
	w.fired = append(w.fired, text)
}

func (w *world) fire(_ context.Context, f schedule.Firing, ended func(error)) schedule.Start {
	switch {
	case w.refuse.Load():
		return schedule.Nobody
	case w.busy.Load():
		return schedule.Busy
	}
	w.note(f)
	if w.also != nil {
		w.also(f)
	}
	if w.ends != nil {
		w.ends(ended)
		return schedule.Started
	}
	w.handlers.Go(func() {
		time.Sleep(w.work)
		ended(w.fault)
	})
	return schedule.Started
}

// unnamed makes a timer whose function takes as long as world's handlers do.
func (w *world) unnamed(script string, spec schedule.Spec) *schedule.Timer {
	w.Helper()
	t, err := w.Unnamed(schedule.Owner{Script: script}, spec, func(f schedule.Firing, ended func()) bool {
		if w.refuse.Load() {
			return false
		}
		w.note(f)
		w.handlers.Go(func() {
			time.Sleep(w.work)
			ended()
		})
		return true
	})
	if err != nil {
		w.Fatal(err)
	}
	t.Start()
	return t
}

// want compares what has fired, in whichever order, and forgets it.
func (w *world) want(fired ...string) {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.fired)
	slices.Sort(fired)
	if got, want := strings.Join(w.fired, "\n"), strings.Join(fired, "\n"); got != want {
		w.Errorf("fired\n%s\nwant\n%s", got, want)
	}
	w.fired = nil
}

// soFar gives what has fired since the last want.
func (w *world) soFar() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.fired)
}

// forget has soFar and want begin anew.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fired = nil
}

func (w *world) wantLog(text string) {
	w.Helper()
	synctest.Wait()
	if got := w.logs.String(); !strings.Contains(got, text) {
		w.Errorf("the log has no %q:\n%s", text, got)
	}
}

// until sleeps up to a time in the world's zone.
func (w *world) until(text string) {
	w.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, w.zone)
	if err != nil {
		w.Fatal(err)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

// timers are those that are to run, and if ended those that have.
func (w *world) timers(ended bool) []store.Timer {
	w.Helper()
	list, err := w.Store.Timers(context.Background(), store.TimerQuery{Ended: ended})
	if err != nil {
		w.Fatal(err)
	}
	return list
}

func database(t testing.TB) string { return filepath.Join(t.TempDir(), "luahost.db") }

// alter changes the database behind the engine's back.
func alter(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func after(d time.Duration) schedule.Spec {
	s, err := schedule.After(d)
	if err != nil {
		panic(err)
	}
	return s
}

func every(d time.Duration) schedule.Spec {
	s, err := schedule.Every(d)
	if err != nil {
		panic(err)
	}
	return s
}
