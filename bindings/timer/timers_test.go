package timer_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tgerr"
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

	limits script.Limits

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
	engine := schedule.New(schedule.Options{Store: w.Store, Fire: func(ctx context.Context, f schedule.Firing, ended func(error)) schedule.Start {
		return timer.Fire(ctx, w.Host, as, f, ended)
	}})
	w.Host = script.New(script.Options{
		Dir: filepath.Join(w.dir, "scripts"), Clock: clock.System{}, Limits: w.limits, Log: slog.New(slog.NewTextHandler(&w.logs, nil)),
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
	w.stop = func() { // without Host.Run, whose watch of the folder is no part of the bubble
		cancel()
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
		e, _ := tgerr.As(err)
		tb.RawSetString("message", lua.LString(method+": "+e.Type+": "+e.Message))
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
	slices.Sort(w.notes) // what is due at the same moment runs in any order
	slices.Sort(notes)
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

// A script that is busy when a timer is due gets it when it has room, not a minute
// later and not as missed.
func TestBusyScript(t *testing.T) {
	w := newWorld(t)
	w.limits.InFlight = 1
	w.write("a.lua", `
every("1h", "report")
on("busy", function() sleep(69.5) end) -- and not when it is tried again, once a second
on("timer.report", function(timer) note("late " .. timer.late) end)`)
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		defer func() { w.stop() }()
		time.Sleep(time.Hour - time.Second)
		w.fire(t.Context(), "busy")
		time.Sleep(69 * time.Second)
		w.want()
		time.Sleep(2 * time.Second)
		w.want("late 69")
	})
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

// A named timer outlives the process, with the account of the event that it was
// made for, and goes to the script as it is then.
func TestNamedTimersOutliveTheProcess(t *testing.T) {
	w := newWorld(t)
	source := `on("ask", function() after("1h", "call-back", {n = 1}) end)
on("timer.call-back", function(timer) note("VERSION " .. timer.data.n .. " " .. account() .. " " .. timer.late) end)
on("timer.call-back", function(timer) timer.data.n = 2 end)`
	synctest.Test(t, func(t *testing.T) {
		w.write("a.lua", strings.Replace(source, "VERSION", "old", 1))
		w.run().loaded()
		ctx, _ := as(t.Context(), "home")
		w.fire(ctx, "ask")
		w.stop()
		w.write("a.lua", strings.Replace(source, "VERSION", "new", 1))
		time.Sleep(2 * time.Hour)
		w.run().loaded()
		time.Sleep(time.Second)
		w.want("new 1 home 3600")
		ctx, _ = as(t.Context(), "gone") // by then the configuration has no such account
		w.fire(ctx, "ask")
		time.Sleep(2 * time.Hour)
		w.want()
		if list, err := w.Store.Timers(t.Context(), store.TimerQuery{Ended: true}); err != nil || len(list) != 2 ||
			list[0].State != store.TimerPending || list[1].Outcome != store.TimerDone {
			t.Errorf("%+v, %v", list, err)
		}
		w.stop()
	})
}

// The timers of an unchanged script go on when another one is edited, and end with
// their own; what a handler began once is done by the generation that began it.
func TestReload(t *testing.T) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.write("a.lua", `every("1h", function() note("a") end)
on("ask", function() after("2h", function() note("begun by the old") end) every("50m", function() note("repeats") end) end)`)
		w.write("b.lua", `every("1h", function() note("b") end)`)
		w.run().loaded()
		w.fire(t.Context(), "ask")
		time.Sleep(30 * time.Minute)
		w.write("a.lua", `every("1h", function() note("a2") end)`)
		if _, err := w.Reload(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(45 * time.Minute)
		w.want("b")
		time.Sleep(30 * time.Minute)
		w.want("a2")
		time.Sleep(30 * time.Minute)
		w.want("b", "begun by the old")
		w.write("a.lua", `error("broken")`)
		if _, err := w.Reload(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		w.want("a2")
		w.stop()
	})
}

func TestRefusedWhileLoading(t *testing.T) {
	for source, want := range map[string]string{
		`after(1, "x")`:                                          `a.lua:1: after: a timer with a name is made in a handler, not while the script loads, or each reload would make one more`,
		"every(1, 'x')\ncron('@daily', 'x')":                     `a.lua:2: cron: there is a timer "x" already, in line 1`,
		"\nlocal t = every(1, 'x')\nt:stop()":                    "a.lua:3: timer:stop: ",
		`timers()`:                                               "a.lua:1: timers: ",
		`for i = 1, 20000 do every(1, account) end`:              `a.lua:1: every: a.lua has 10000 timers that are pending, and may have no more`,
		`for i = 1, 20000 do every(1, "n"..i) end`:               `a.lua:1: every: a.lua has 10000 timers that are pending, and may have no more`,
		`daily("09:00", function() end, {days = "mon", tz = 5})`: `a.lua:1: daily: options.tz: expected the name of a time zone, such as "Europe/Berlin", got number 5`,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.write("a.lua", source)
			w.run()
			defer w.stop()
			if err := w.Status()[0].LastError; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v, want %s", source, err, want)
			}
			// Nothing of what was refused counts.
			w.write("a.lua", `for i = 1, 10000 do after("1h", account) end`)
			for range 2 {
				if _, err := w.Reload("a.lua"); err != nil {
					t.Error(err)
				}
				w.loaded()
			}
		})
	}
}

// A timer that nothing handles is a warning, with the nearest name.
func TestWarning(t *testing.T) {
	w := newWorld(t)
	w.write("a.lua", "every(1, 'poll')\non('timer.pol', account)")
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		w.stop()
	})
	if got := w.logs.String(); !strings.Contains(got, `(did you mean \"pol\"?)" script=a.lua`) || !strings.Contains(got, `line=1 event=timer.poll`) {
		t.Errorf("logged %s", got)
	}
}

// What the disk refuses, a script is told.
func TestClosedDatabase(t *testing.T) {
	w := newWorld(t)
	w.write("a.lua", `on("timer.x", account)
on("ask", function()
  local t, err = after(1, "x")
  assert(t == nil and err.message == "after: DATABASE: the database is closed", err and err.message)
end)`)
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		w.stop()
		w.fire(t.Context(), "ask")
	})
}

// A script knows its timers when it has just been loaded.
func TestTimersAtLoad(t *testing.T) {
	w := newWorld(t)
	w.write("a.lua", `daily("09:00", "report")
on("timer.report", function() end)
on("timer.x", function() note("x") end)
on("ask", function() after("2h", "x") end)
on("load", function()
  for _, timer in ipairs(timers()) do note(timer.name .. " " .. os.date("!%H:%M", timer.due)) end
end)`)
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		w.want("report 09:00")
		w.fire(t.Context(), "ask")
		w.stop()
		time.Sleep(time.Hour)
		w.run().loaded()
		w.want("report 09:00", "x 02:00")
		time.Sleep(time.Hour)
		w.want("x")
		w.stop()
	})
}

// What a timer does counts for the event whose handler made it, and so do the timers
// that it makes.
func TestTimersKeepTheAccount(t *testing.T) {
	w := newWorld(t)
	w.write("a.lua", `on("ask", function()
  after("1m", function()
    note("after " .. account())
    after("1m", function() note("nested " .. account()) end)
    after("1m", "x")
  end)
  every("90s", function(timer) note("every " .. account()) timer:stop() end)
end)
on("timer.x", function() note("named " .. account()) after("1m", function() note("of named " .. account()) end) end)
after("1m", function() note("top " .. account()) end)`)
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		ctx, _ := as(t.Context(), "work")
		w.fire(ctx, "ask")
		time.Sleep(5 * time.Minute)
		w.want("after work", "every work", "named work", "nested work", "of named work", "top ")
		w.stop()
	})
}

// What is refused because the script may have no more functions does not count as a
// timer for ever.
func TestTimersBeyondTheHandlers(t *testing.T) {
	w := newWorld(t)
	w.limits.Handlers = 2
	w.write("a.lua", `on("ask", function()
  local one = after("1h", account)
  after("1h", account)
  for i = 1, 20000 do
    local ok, err = pcall(after, "1h", account)
    if ok or not err:find("more than 2 functions", 1, true) then error(i .. ": " .. tostring(err)) end
  end
  one:stop()
  after("1h", account)
end)`)
	synctest.Test(t, func(t *testing.T) {
		w.run().loaded()
		w.fire(t.Context(), "ask")
		w.stop()
	})
}
