package script_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// later gives scripts later(name, once, fn): a callback that the test starts.
type later struct {
	mu   sync.Mutex
	made map[string]*script.Callback
	gone chan string
}

func withLater() (*later, func(*script.Options)) {
	l := &later{made: map[string]*script.Callback{}, gone: make(chan string, 1<<16)}
	return l, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("later", rt.State().NewFunction(func(L *lua.LState) int {
				name := L.CheckString(1)
				c := rt.Callback(L, "timer", L.CheckFunction(3), L.CheckBool(2), func() { l.gone <- name })
				l.mu.Lock()
				defer l.mu.Unlock()
				l.made[name] = c
				return 0
			}))
			rt.State().SetGlobal("stop", rt.State().NewFunction(func(L *lua.LState) int {
				l.of(L.CheckString(1)).Release()
				return 0
			}))
		}
	}
}

func (l *later) of(name string) *script.Callback {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made[name]
}

// fires starts a callback and checks what it notes; "" if it is over.
func (w *world) fires(l *later, name, want string) {
	w.t.Helper()
	if started := l.of(name).Start(nil, nil); started != (want != "") {
		w.t.Errorf("callback %s started: %v", name, started)
	} else if started {
		w.says2(want)
	}
}

// generations says what keeps those of a.lua alive: handlers, calls and timers of
// each, the oldest first.
func (w *world) generations(want ...[3]int) {
	w.t.Helper()
	var got [][3]int
	for _, s := range w.Status() {
		for _, g := range s.Generations {
			if s.Name == "a.lua" {
				got = append(got, [3]int{g.Handlers, g.Calls, g.Timers})
			}
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("generations kept by %v, want %v", got, want)
	}
}

// wantGone checks which callbacks have ended by themselves.
func (w *world) wantGone(l *later, want ...string) {
	w.t.Helper()
	var got []string
	for len(l.gone) > 0 {
		got = append(got, <-l.gone)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("gone are %q, want %q", got, want)
	}
}

const manyTimers = `
	later("top once", true, function() note("top once") end)
	later("top again", false, function() note("top again") later("child", true, function() note("child") end) end)
	on("x", function()
		later("once", true, function() note("once") end)
		later("again", false, function() note("again") end)
		later("stopped", true, function() end)
		stop("stopped")
		note("made")
	end)`

func TestCallbacksOfAGeneration(t *testing.T) {
	l, config := withLater()
	w := load(t, map[string]string{"a.lua": manyTimers}, config).whole()
	w.fires(l, "top once", "top once")
	w.fires(l, "top once", "") // once
	w.fires(l, "top again", "top again")
	w.fires(l, "top again", "top again")
	w.fire("x")
	w.says2("made")
	w.fires(l, "again", "again")
	w.fires(l, "stopped", "")
	w.generations([3]int{0, 0, 5}) // two children, of which the test knows the last
	w.saved("a.lua", saying("new"))
	w.wantGone(l, "again", "child", "child", "top again") // what was begun once in a handler goes on
	w.generations([3]int{0, 0, 1}, [3]int{0, 0, 0})
	w.fires(l, "again", "")
	w.fires(l, "child", "")
	w.fires(l, "once", "once")
	w.generations([3]int{0, 0, 0})
	w.wantGone(l)
}

func TestCallbacksOfACall(t *testing.T) {
	l, config := withLater()
	w := load(t, map[string]string{"a.lua": manyTimers}, config).whole()
	type key struct{}
	call := context.WithValue(t.Context(), key{}, "call 12")
	ended, cancel := context.WithCancel(call)
	pin := w.Pin()
	pin.Dispatch(ended, script.Event{Name: "x"})
	w.says2("made")
	cancel()
	w.saved("a.lua", saying("new"))
	w.wantGone(l, "top again", "top once")
	w.generations([3]int{0, 1, 2}, [3]int{0, 0, 0})
	w.fires(l, "again", "again")
	runs := make(chan script.Run, 1)
	if !l.of("again").Start(nil, func(r script.Run) { runs <- r }) {
		t.Error("the call's timer ended with the generation")
	}
	w.says2("again")
	if r := <-runs; r.Err != nil || r.Context.Value(key{}) != "call 12" || r.Event != "timer" || r.Line != 6 {
		t.Errorf("it ran as %+v", r)
	}
	pin.Release()
	w.wantGone(l, "again")
	w.generations([3]int{0, 0, 1}, [3]int{0, 0, 0})
	w.fires(l, "once", "once")
	w.generations([3]int{0, 0, 0})
}

// A call's timer that repeats goes on after the call while the script is as it
// was.
func TestACallsTimersOutliveItUnlessTheScriptChanges(t *testing.T) {
	l, config := withLater()
	w := load(t, map[string]string{"a.lua": manyTimers}, config).whole()
	pin := w.Pin()
	pin.Dispatch(t.Context(), script.Event{Name: "x"})
	w.says2("made")
	pin.Release()
	w.fires(l, "again", "again")
	w.generations([3]int{0, 0, 4})
	w.saved("a.lua", saying("new"))
	w.wantGone(l, "again", "top again", "top once")
	l.of("once").Release() // the last that holds the old one
	w.generations([3]int{0, 0, 0})
	l.of("once").Release()
	w.wantGone(l)
}

// What a handler of an old generation begins, that nobody waits for, is over at
// once.
func TestCallbacksMadeTooLate(t *testing.T) {
	l, config := withLater()
	w := load(t, map[string]string{"a.lua": `on("x", function() wait("go") later("again", false, function() end) later("once", true, function() end) end)`}, config)
	pin := w.Pin()
	pin.Dispatch(t.Context(), script.Event{Name: "x"})
	<-w.arrived
	w.saved("a.lua", saying("new"))
	pin.Release()
	close(w.gate("go"))
	<-w.runs
	if name := <-l.gone; name != "again" {
		t.Errorf("%s is gone", name)
	}
	w.generations([3]int{0, 0, 1}, [3]int{0, 0, 0})
}

func TestCallbacksAreNotStartedBeforeTheirScriptIsLive(t *testing.T) {
	l, config := withLater()
	order := make(chan string, 10)
	w := load(t, map[string]string{"a.lua": `later("top", true, function() note("ran") end)`, "b.lua": `later("refused", true, function() end) error("no")`}, config, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			for _, step := range []string{"first", "second"} {
				rt.AtLive(func() { order <- rt.Script() + " " + step })
			}
			rt.AtLoaded(func() error {
				if l.of("top").Start(nil, nil) {
					t.Error("it started while the script loaded")
				}
				return nil
			})
		}
	})
	if len(order) != 2 || <-order != "a.lua first" || <-order != "a.lua second" {
		t.Errorf("%d steps, or in another order", len(order))
	}
	w.wantGone(l, "refused")
	w.fires(l, "top", "ran")
}

func TestOldGenerationsAreClosedAtTheirLimit(t *testing.T) {
	m, clocked := manual(t)
	l, config := withLater()
	w := start(t, map[string]string{"a.lua": `
		on("x", function() later("once", true, function() note("once") end) note("waits") wait("never") end)
		on("unload", function() note("unload") end)`}, clocked, config, func(o *script.Options) { o.Limits.OldGenerations = time.Hour })
	pin := w.Pin()
	defer pin.Release()
	pin.Dispatch(t.Context(), script.Event{Name: "x"})
	<-w.arrived
	if got := <-w.notes; got != "waits" {
		t.Fatal(got)
	}
	w.saved("a.lua", saying("new"))
	m.Advance(59 * time.Minute)
	w.generations([3]int{1, 1, 1}, [3]int{0, 0, 0})
	m.Advance(time.Minute)
	if w.ended("x", "unload")["x"].Err == nil {
		t.Error("the handler was not ended")
	}
	if got := <-w.notes; got != "unload" {
		t.Errorf("noted %q", got)
	}
	if name := <-l.gone; name != "once" {
		t.Errorf("%s is gone", name)
	}
	if n := pin.Dispatch(t.Context(), script.Event{Name: "x"}); n != 0 {
		t.Errorf("%d handlers of a closed generation started", n)
	}
	want := `msg="old generation closed at its limit, with what it had left to do" script=a.lua`
	if log := w.log.String(); !strings.Contains(log, want) || !strings.Contains(log, "limit=1h0m0s handlers=1 calls=1 timers=1") {
		t.Error(log)
	}
}

func TestCallbacksAreCounted(t *testing.T) {
	_, config := withLater()
	w := load(t, map[string]string{"a.lua": "for i = 1, 3 do later('a', true, print or note) end", "b.lua": "for i = 1, 4 do\nlater('b', true, note) end"},
		config, func(o *script.Options) { o.Limits.Handlers = 3 })
	w.fails(w.broken("b.lua"), "b.lua:2: timer: more than 3 functions of one script wait (limits.handlers)")
	if err := w.broken("a.lua"); err != nil {
		t.Error(err)
	}
}

func TestDispatchTo(t *testing.T) {
	w := load(t, map[string]string{"a.lua": saying("a"), "b.lua": saying("b"), "c.lua": "y = = 1"})
	runs := make(chan script.Run, 1)
	if n := w.DispatchTo(t.Context(), "b.lua", script.Event{Name: "x"}, func(r script.Run) { runs <- r }); n != 1 {
		t.Fatalf("%d handlers", n)
	}
	if r := <-runs; r.Script != "b.lua" || <-w.notes != "b" {
		t.Errorf("ran %+v", r)
	}
	for _, name := range []string{"c.lua", "d.lua", "b"} {
		if n := w.DispatchTo(t.Context(), name, script.Event{Name: "x"}, nil); n != 0 {
			t.Errorf("%s: %d handlers", name, n)
		}
	}
	if n := w.DispatchTo(t.Context(), "b.lua", script.Event{Name: "y"}, nil); n != 0 {
		t.Errorf("an event without handlers: %d", n)
	}
}

// A script that has too many handlers at work is told from one that has none.
func TestDispatchToABusyScript(t *testing.T) {
	w := start(t, map[string]string{"a.lua": "on('x', function() wait('never') end)"}, func(o *script.Options) { o.Limits.InFlight = 1 })
	for i, want := range []int{1, -1} {
		if n := w.DispatchTo(t.Context(), "a.lua", script.Event{Name: "x"}, nil); n != want {
			t.Errorf("%d: %d handlers, want %d", i, n, want)
		}
	}
}
