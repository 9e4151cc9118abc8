package timer_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/bindings/timer"
	"luahost/internal/clock"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// world is a host of scripts with timers, within synctest.
type world struct {
	testing.TB
	*script.Host
	Store *store.Store
	dir   string
	stop  func()

	mu    sync.Mutex
	notes []string
	runs  []script.Run
	logs  strings.Builder
}

type accountKey struct{}

func as(ctx context.Context, account string) (context.Context, bool) {
	return context.WithValue(ctx, accountKey{}, account), account != "gone"
}

func accountOf(ctx context.Context) string {
	account, _ := ctx.Value(accountKey{}).(string)
	return account
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(w.dir, "scripts"), 0o700); err != nil {
		t.Fatal(err)
	}
	return w
}

// write writes a script without loading it.
func (w *world) write(name, source string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "scripts", name), []byte(source), 0o600); err != nil {
		w.Fatal(err)
	}
}

// run loads the scripts and serves; stop ends that as a host does.
func (w *world) run() *world {
	w.Helper()
	var err error
	if w.Store, err = store.Open(store.Options{Path: filepath.Join(w.dir, "luahost.db")}); err != nil {
		w.Fatal(err)
	}
	engine := schedule.New(schedule.Options{Store: w.Store, Fire: func(ctx context.Context, f schedule.Firing, ended func(error)) bool {
		return timer.Fire(ctx, w.Host, as, f, ended)
	}})
	w.Host = script.New(script.Options{
		Dir: filepath.Join(w.dir, "scripts"), Clock: clock.System{},
		Open: func(rt *script.Runtime) { w.open(rt, engine) },
		OnHandler: func(r script.Run) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.runs = append(w.runs, r)
		},
	})
	if err := w.Load(); err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = engine.Run(ctx) })
	ended := make(chan struct{})
	go func() {
		// Not Host.Run, whose watch of the folder is no part of the bubble.
		<-ctx.Done()
		close(ended)
	}()
	w.stop = func() {
		cancel()
		<-ended
		serving.Wait()
		if err := w.Store.Close(); err != nil {
			w.Error(err)
		}
	}
	return w
}

func (w *world) open(rt *script.Runtime, engine *schedule.Engine) {
	event.Open(rt)
	timer.Open(rt, timer.Options{Engine: engine, Account: accountOf, Location: time.UTC, ErrorTable: func(L *lua.LState, method string, err error) *lua.LTable {
		tb := L.CreateTable(0, 1)
		tb.RawSetString("message", lua.LString(method+": "+err.Error()))
		return tb
	}})
	L := rt.State()
	L.SetGlobal("note", L.NewFunction(func(L *lua.LState) int {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.notes = append(w.notes, L.CheckString(1))
		return 0
	}))
	L.SetGlobal("account", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(accountOf(rt.Context(L))))
		return 1
	}))
}

// fire dispatches an event and lets its handlers go as far as they can.
func (w *world) fire(ctx context.Context, name string) {
	w.Helper()
	if w.Dispatch(ctx, script.Event{Name: name}) == 0 {
		w.Errorf("nothing handles %s", name)
	}
	w.check()
}

// check reports handlers that have failed.
func (w *world) check() {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.runs {
		if r.Err != nil {
			w.Errorf("%s: %v", r.Event, r.Err)
		}
	}
	w.runs = nil
}

func (w *world) want(notes ...string) {
	w.Helper()
	w.check()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.notes, notes) {
		w.Errorf("noted %q, want %q", w.notes, notes)
	}
	w.notes = nil
}

// loaded checks that no script is broken.
func (w *world) loaded() *world {
	w.Helper()
	for _, s := range w.Status() {
		if s.LastError != nil {
			w.Fatal(s.LastError)
		}
	}
	return w
}

func (w *world) source(name string) *world {
	w.Helper()
	source, err := os.ReadFile("testdata/" + name)
	if err != nil {
		w.Fatal(err)
	}
	w.write(name, string(source))
	return w
}

func TestTimers(t *testing.T) {
	w := newWorld(t).source("timers.lua")
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		defer func() { w.stop() }()
		w.fire(t.Context(), "mistakes")
		time.Sleep(2 * time.Second)
		w.fire(t.Context(), "top")
		w.fire(t.Context(), "unnamed")
		time.Sleep(10 * time.Minute)
		w.want("every 1", "every 2", "ninety", "every 3")
		w.fire(t.Context(), "named")
		time.Sleep(31 * time.Minute)
		w.want("call-back 1234567890123456789 0 0")
		time.Sleep(3 * time.Hour)
		w.want("poll 7")
	})
}
