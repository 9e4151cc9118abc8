package script_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// While many compute without end and others want to as well, cores rest between two of
// them. All of them are ended soon, and no core is lost, or given back twice.
func TestCoresRestUnderSiege(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scripts = 20
		h, ended := computing(t, scripts, `while true do pcall(function() while true do work() end end) end`)
		free := h.FreeCores()
		began := time.Now()
		h.Dispatch(t.Context(), script.Event{Name: "x"})
		for n := 0; n < scripts; {
			h.Dispatch(t.Context(), script.Event{Name: "other"})
			if r := <-ended; r.Event == "x" {
				n++
				if !errors.Is(r.Err, sandbox.ErrTime) {
					t.Errorf("%s ended with %v", r.Script, r.Err)
				}
			}
			if h.FreeCores() > free {
				t.Error("a core was given back twice")
			}
			time.Sleep(time.Millisecond)
		}
		for _, s := range h.Status() {
			if s.Slowed {
				t.Errorf("%s is slow, and suspended: %s", s.Name, s.Suspended)
			}
		}
		if took := time.Since(began); took > time.Minute { // one after the other they would take 100 s
			t.Errorf("they were not found out together, but after %s", took)
		}
		time.Sleep(time.Second) // those that rest come back
		if n := h.FreeCores(); n != free {
			t.Errorf("%d cores are free, and %d were before", n, free)
		}
	})
}

// Twenty scripts write a report at the same time, which takes each a tenth of a second:
// nobody is harmed by that, and none is ended.
func TestReportsAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scripts = 20
		h, ended := computing(t, scripts, `for i = 1, 10000 do work() end`)
		h.Dispatch(t.Context(), script.Event{Name: "x"})
		for range scripts {
			if r := <-ended; r.Err != nil {
				t.Error(r.Err)
			}
		}
		for _, s := range h.Status() {
			if s.Slowed != (s.Name != "other.lua") {
				t.Errorf("%s is slow: %t", s.Name, s.Slowed)
			}
		}
		time.Sleep(time.Minute)
		for _, s := range h.Status() {
			if s.Slowed {
				t.Errorf("%s is slow after a minute", s.Name)
			}
		}
	})
}

// A script that has just written a report is heavy. Among many that compute without end,
// a call waits for its rule no longer than for a core.
func TestWhoIsWaitedForIsNotHarmedByAReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scripts = 20
		h, ended := computing(t, scripts, `while true do work() end`)
		end := h.Tender() // which counts what was computed
		h.DispatchTo(t.Context(), "other.lua", script.Event{Name: "report"}, nil)
		<-ended
		end()
		h.Decides("other.lua")
		h.Dispatch(t.Context(), script.Event{Name: "x"})
		for n := 0; n < scripts; {
			h.Dispatch(t.Context(), script.Event{Name: "other", Urgent: true})
			for r := range ended {
				if r.Event == "other" {
					if took := r.Queued + r.Took; r.Err != nil || took > 100*time.Millisecond {
						t.Errorf("%v after %s", r.Err, took)
					}
					break
				}
				n++
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
	})
}

// On a busy machine a handler may take a while for little: that is no reason to ration it.
func TestWhoIsHeavy(t *testing.T) {
	for rounds, heavy := range map[int]bool{150: false, 300: true} {
		synctest.Test(t, func(t *testing.T) {
			h, ended := computing(t, 1, fmt.Sprintf(`for i = 1, %d do work() local a, b, c, d = i+1, i+2, i+3, i+4 end`, rounds))
			h.Dispatch(t.Context(), script.Event{Name: "x"})
			r := <-ended
			if h.Heavy("busy0.lua") != heavy {
				t.Errorf("heavy after %s: %t", r.Took, !heavy)
			}
		})
	}
}

// However many handlers wait for the end of its report, those of a script that calls wait
// for are not refused.
func TestWhoIsWaitedForIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, ended := computing(t, 20, `while true do work() end`)
		ctx, cancel := context.WithCancel(t.Context())
		h.Decides("other.lua")
		h.Dispatch(ctx, script.Event{Name: "x"})
		h.Dispatch(ctx, script.Event{Name: "report"})
		time.Sleep(100 * time.Millisecond)
		const calls = 50
		started := 0
		for range calls {
			started += h.Dispatch(ctx, script.Event{Name: "other", Urgent: true})
		}
		if started != calls {
			t.Errorf("%d of %d were started", started, calls)
		}
		if n := h.Dispatch(ctx, script.Event{Name: "other"}); n != 0 {
			t.Error("the script is not crowded, so this shows nothing")
		}
		cancel()
		for range 20 + 1 + started {
			<-ended
		}
		time.Sleep(time.Second)
	})
}

// computing is a host with scripts that each do the same at an event x, in which work()
// takes ten microseconds, and one with a handler of other.
func computing(t *testing.T, scripts int, body string) (*script.Host, chan script.Run) {
	t.Helper()
	ended := make(chan script.Run, 1000)
	w := &world{t: t, dir: t.TempDir()}
	for n := range scripts {
		w.write(fmt.Sprintf("busy%d.lua", n), `on("x", function() `+body+` end)`)
	}
	w.write("other.lua", `on("other", function() end) on("report", function() for i = 1, 10000 do work() end end)`)
	opts := script.Options{Dir: w.dir, OnHandler: func(r script.Run) { ended <- r }, Open: func(rt *script.Runtime) {
		event.Open(rt)
		rt.State().SetGlobal("work", rt.State().NewFunction(func(*lua.LState) int {
			time.Sleep(10 * time.Microsecond)
			return 0
		}))
	}}
	opts.Limits.SuspendAfter = 1
	h := script.New(opts)
	h.SetCores(1)
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	return h, ended
}

// Handlers of other scripts are stuck in Go and have the cores. One that somebody waits
// for begins at once, and others after a moment.
func TestHandlersThatAreStuckDoNotKeepTheCores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stuck = 20
		ended, opened := make(chan script.Run, stuck+9), make(chan struct{})
		w := &world{t: t, dir: t.TempDir()}
		for n := range stuck {
			w.write(fmt.Sprintf("stuck%d.lua", n), `on("x", function() work() end)`)
		}
		w.write("good.lua", `on("ask", function() end) on("tell", function() end)`)
		h := script.New(script.Options{Dir: w.dir, OnHandler: func(r script.Run) { ended <- r }, Open: func(rt *script.Runtime) {
			event.Open(rt)
			rt.State().SetGlobal("work", rt.State().NewFunction(func(*lua.LState) int { <-opened; return 0 }))
		}})
		h.SetCores(1)
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
		h.Dispatch(t.Context(), script.Event{Name: "x"})
		synctest.Wait()
		began := time.Now()
		h.Dispatch(t.Context(), script.Event{Name: "tell"})
		synctest.Wait()
		select {
		case r := <-ended:
			t.Errorf("the cores are not held: %+v", r)
		default:
		}
		h.Dispatch(t.Context(), script.Event{Name: "ask", Urgent: true})
		synctest.Wait()
		if len(ended) > 0 {
			t.Error("a script is waited for that has decided nothing so far")
		}
		h.Decides("good.lua")
		h.Dispatch(t.Context(), script.Event{Name: "ask", Urgent: true})
		for _, event := range []string{"tell", "ask", "ask"} { // they share a VM, and the first lets go of it for the second
			if r := <-ended; r.Event != event || r.Err != nil || !time.Now().Equal(began) {
				t.Errorf("%s: %v after %s", r.Event, r.Err, time.Since(began))
			}
		}
		h.Dispatch(t.Context(), script.Event{Name: "tell"})
		if r := <-ended; r.Event != "tell" || r.Err != nil || time.Since(began) > time.Second {
			t.Errorf("%s: %v after %s", r.Event, r.Err, time.Since(began))
		}
		close(opened)
		for range stuck {
			if r := <-ended; r.Err != nil {
				t.Error(r.Err)
			}
		}
		time.Sleep(time.Second)
	})
}
