package script_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

func TestHandlersInFlight(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua":    `on("x", function() wait("go") end)`,
		"good.lua": `on("x", function() note("good") end)`,
	}, func(o *script.Options) { o.Limits.InFlight = 10 })
	for n := range 30 {
		want := 2
		if n >= 10 {
			want = 1
		}
		if got := w.fire("x"); got != want {
			t.Fatalf("event %d started %d handlers, want %d", n, got, want)
		}
		<-w.notes
		<-w.runs
	}
	s := w.Status()[0]
	if s.InFlight != 10 || s.Refused != 20 || s.Limits["in_flight"] != 20 {
		t.Errorf("status: %+v", s)
	}
	close(w.gate("go"))
	for range 10 {
		if r := <-w.runs; r.Err != nil {
			t.Error(r.Err)
		}
	}
	if n := w.fire("x"); n != 2 {
		t.Errorf("afterwards %d handlers started", n)
	}
}

// Whoever mends a script whose handlers wait for ever sees the new ones run.
func TestHandlersInFlightOfAnOlderGeneration(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function() wait("go") end)`}, func(o *script.Options) { o.Limits.InFlight = 10 })
	for range 10 {
		w.fire("x")
	}
	w.write("a.lua", `on("x", function() wait("go") end) on("y", function() end)`)
	w.Reload("a.lua")
	for n := range 7 {
		want := 1
		if n >= 5 {
			want = 0
		}
		if got := w.fire("x"); got != want {
			t.Fatalf("event %d started %d handlers, want %d", n, got, want)
		}
	}
	close(w.gate("go"))
	for range 15 {
		<-w.runs
	}
	if n := w.fire("y"); n != 1 {
		t.Errorf("afterwards %d handlers started", n)
	}
	<-w.runs
}

// What a flood of events is refused is told, once a minute.
func TestRefusalsAreTold(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	w := load(t, map[string]string{"a.lua": `on("x", function() wait("go") end)`}, func(o *script.Options) {
		o.Limits.InFlight, o.Clock = 1, m
	})
	look := w.Tender()
	for n, want := range []int{1, 1, 2} {
		w.fire("x")
		w.fire("x")
		look()
		if got := strings.Count(w.log.String(), "handlers not started, the script has too many at work"); got != want {
			t.Errorf("told %d times after round %d, want %d:\n%s", got, n, want, w.log)
		}
		m.Advance(40 * time.Second)
	}
	if !strings.Contains(w.log.String(), "script=a.lua handlers=4") {
		t.Errorf("the second line does not count:\n%s", w.log)
	}
	close(w.gate("go"))
	<-w.runs
}

func TestHandlersRegistered(t *testing.T) {
	w := load(t, map[string]string{
		"below.lua": `for _ = 1, 100 do on("x", function() end) end`,
		"above.lua": "for _ = 1, 101 do\n pcall(on, 'x', function() end) on('y', function() end) end",
	}, func(o *script.Options) { o.Limits.Handlers = 100 })
	s := w.Status()
	if s[1].LastError != nil || s[1].Handlers["x"] != 100 {
		t.Errorf("below: %+v", s[1])
	}
	w.fails(s[0].LastError, "above.lua:2: y: more than 100 handlers in one script (limits.handlers)")
}

func TestLinesOfTheLog(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	w := load(t, map[string]string{"a.lua": `on("x", function(n) for i = 1, n do write(i) end end)`}, func(o *script.Options) {
		o.Limits.Lines, o.Clock = 10, m
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("write", rt.State().NewFunction(func(*lua.LState) int {
				if rt.MayLog() {
					w := "x"
					rt.Log().Info("a line", "text", w)
				}
				return 0
			}))
		}
	})
	look := w.Tender()
	lines := func() int { return strings.Count(w.log.String(), `msg="a line"`) }
	w.run("x", lua.LNumber(30)) // three seconds' worth at once
	if n := lines(); n != 30 {
		t.Errorf("%d lines", n)
	}
	w.run("x", lua.LNumber(5))
	m.Advance(time.Second)
	w.run("x", lua.LNumber(12))
	if n := lines(); n != 40 {
		t.Errorf("%d lines", n)
	}
	look()
	if !strings.Contains(w.log.String(), `msg="lines of the script left out, it logs too much" script=a.lua lines=7 limit=limits.log_lines`) {
		t.Errorf("not told:\n%s", w.log)
	}
	if n := w.Status()[0].Limits["log_lines"]; n != 7 {
		t.Errorf("%d counted", n)
	}
}

func TestAnErrorIsPrintedOnce(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	w := load(t, map[string]string{"a.lua": `on("x", function(what) error(what, 0) end)`}, func(o *script.Options) { o.Clock = m })
	look := w.Tender()
	count := func(text string) int { return strings.Count(w.log.String(), text) }
	for range 5 {
		w.run("x", lua.LString("one"))
	}
	w.run("x", lua.LString("two"))
	w.run("x", lua.LString("one"))
	if n := count(`msg="handler failed"`); n != 2 {
		t.Errorf("printed %d times:\n%s", n, w.log)
	}
	look()
	if n := count("failed again"); n != 0 {
		t.Errorf("told again within the minute:\n%s", w.log)
	}
	m.Advance(61 * time.Second)
	look()
	look()
	if count(`msg="handler failed again" script=a.lua event=x line=1 times=5`) != 1 || count("failed again") != 1 {
		t.Errorf("told after the minute:\n%s", w.log)
	}
	s := w.Status()[0]
	if s.Repeated != 5 {
		t.Errorf("%d counted", s.Repeated)
	}
	if want := (script.Failure{At: time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC), Event: "x", Text: "a.lua:1: one"}); s.Failed == nil || *s.Failed != want {
		t.Errorf("failed last: %+v, want %+v", s.Failed, want)
	}
}

// Who saves a script and sees no error takes it for mended.
func TestAnErrorThatAnEditLeavesIsPrintedAgain(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	const source = `on("x", function() error("one", 0) end)`
	w := load(t, map[string]string{"a.lua": source}, func(o *script.Options) { o.Clock = m })
	count := func(text string) int { return strings.Count(w.log.String(), text) }
	w.run("x")
	w.run("x")
	w.saved("a.lua", source+" -- mended?")
	w.run("x")
	w.run("x")
	if count(`msg="handler failed"`) != 2 || count(`msg="handler failed again" script=a.lua event=x line=1 times=1`) != 1 {
		t.Errorf("printed:\n%s", w.log)
	}
}

// So does whoever mends one that was suspended.
func TestAnErrorThatAnEditLeavesIsPrintedAgainAfterASuspension(t *testing.T) {
	w := load(t, map[string]string{"a.lua": spinner}, func(o *script.Options) {
		o.Limits.Instructions, o.Limits.SuspendAfter = 10_000, 1
	})
	w.run("spin")
	w.saved("a.lua", spinner+" -- mended?")
	w.run("spin")
	if n := strings.Count(w.log.String(), `msg="handler failed"`); n != 2 {
		t.Errorf("printed %d times:\n%s", n, w.log)
	}
}

// However many scripts count to a billion, others get a core.
func TestHeavyHandlersShareCores(t *testing.T) {
	files := map[string]string{"good.lua": `on("x", function() note("good") end)`}
	for n := range 20 {
		files[fmt.Sprintf("busy%d.lua", n)] = `on("spin", function() while true do pcall(function() while true do end end) end end)`
	}
	w := start(t, files, func(o *script.Options) { o.Limits.Instructions = 3_000_000; o.Limits.SuspendAfter = 2 })
	w.fire("spin")
	for range 100 {
		w.fire("x")
		<-w.notes
	}
	for spun := 0; spun < 20; {
		if r := <-w.runs; r.Event == "spin" {
			spun++
			if !errors.Is(r.Err, sandbox.ErrInstructions) && !errors.Is(r.Err, sandbox.ErrTime) { // on a slow machine, in the queue
				t.Errorf("%s ended with %v", r.Script, r.Err)
			}
		}
	}
}

// Handlers that wait for a slot may be ended there, and the slots stay.
func TestTheEndOfAHandlerThatWaitsForACore(t *testing.T) {
	files := map[string]string{}
	for n := range 2 * runtime.GOMAXPROCS(0) {
		files[fmt.Sprintf("busy%d.lua", n)] = `
on("spin", function() block() note("spins") while true do end end)
on("fine", function() local n = 0 for i = 1, 3e5 do n = n + i end end)`
	}
	w := start(t, files, func(o *script.Options) { o.Limits.Instructions = 1 << 62 })
	ctx, cancel := context.WithCancel(t.Context())
	w.Dispatch(ctx, script.Event{Name: "spin"})
	for range files {
		<-w.notes
	}
	cancel()
	w.fire("fine")
	for range 2 * len(files) {
		if r := <-w.runs; errors.Is(r.Err, context.Canceled) != (r.Event == "spin") {
			t.Errorf("%s ended with %v", r.Event, r.Err)
		}
	}
}
