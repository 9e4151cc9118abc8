package script_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// hanging adds hang(), which does not come back before the test ends, and holds
// the VM's lock.
func hanging(t *testing.T, hung chan<- struct{}) func(*script.Options) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	return func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("hang", rt.State().NewFunction(func(*lua.LState) int {
				hung <- struct{}{}
				<-release
				return 0
			}))
		}
	}
}

// failing adds fail(), which waits and then panics, whatever its context says.
func failing(fail <-chan struct{}) func(*script.Options) {
	return func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("fail", rt.State().NewFunction(func(L *lua.LState) int {
				_ = rt.Block(L, func(context.Context) {
					<-fail
					panic("a fault in Go")
				})
				return 0
			}))
		}
	}
}

// looks looks after the host until it may have found something stuck.
func looks(w *world, look func()) {
	for range w.StuckLooks() + 1 {
		look()
	}
}

func TestAStuckVMIsAbandoned(t *testing.T) {
	hung := make(chan struct{}, 10)
	w := load(t, map[string]string{"a.lua": `
on("x", function(kind) if kind == "hang" then hang() note("came back") else wait(kind) note("went on") end end)
on("y", function() note("y") end)`}, hanging(t, hung))
	look := w.Tender()
	first := w.Pin()
	w.fire("x", lua.LString("back"))
	w.fire("x", lua.LString("never"))
	<-w.arrived
	<-w.arrived
	w.fire("x", lua.LString("hang"))
	<-hung
	w.fire("y")
	close(w.gate("back")) // it waits for the VM from now on

	for range w.StuckLooks() - 1 {
		look()
	}
	if s := w.Status()[0]; s.Stuck != "" || s.InFlight != 4 {
		t.Fatalf("too early: %+v", s)
	}
	look()
	look()
	for range 4 { // the one that is stuck, two that waited, and one that was to begin
		if r := <-w.runs; !errors.Is(r.Err, script.ErrStuck) {
			t.Errorf("%s ended with %v", r.Event, r.Err)
		} else if r.Queued < 0 || r.Took > time.Hour {
			t.Errorf("%s was queued for %s and took %s", r.Event, r.Queued, r.Took)
		}
	}
	if r := <-w.reloads; r.Err != nil || r.Script != "a.lua" {
		t.Errorf("loaded afresh: %+v", r)
	}
	s := w.Status()[0]
	if s.Generation == "" || s.Stuck != `in its handler of "x" at line 2` || s.Limits["stuck"] != 1 {
		t.Errorf("after the first time: %+v", s)
	}
	w.fire("y")
	if got := <-w.notes; got != "y" {
		t.Errorf("the fresh one says %s", got)
	}
	<-w.runs
	if n := first.Dispatch(t.Context(), script.Event{Name: "y"}); n != 0 {
		t.Errorf("%d handlers of the VM that was abandoned started", n)
	}

	w.fire("x", lua.LString("hang"))
	<-hung
	looks(w, look)
	if r := <-w.runs; !errors.Is(r.Err, script.ErrStuck) {
		t.Errorf("ended with %v", r.Err)
	}
	if n := w.fire("y"); n != 0 {
		t.Error("it goes on after the second time")
	}
	if s := w.Status()[0]; s.Generation != "" || !strings.Contains(s.Stuck, "held until its file changes") {
		t.Errorf("after the second time: %+v", s)
	}
	first.Release()
	if _, err := w.Reload("a"); err != nil {
		t.Fatal(err)
	}
	if s := w.Status()[0]; s.Generation == "" || s.Stuck != "" {
		t.Errorf("after it was named: %+v", s)
	}
	if !strings.Contains(w.log.String(), `msg="script stuck, its VM is abandoned" script=a.lua generation=`) {
		t.Errorf("the log does not say so:\n%s", w.log)
	}
}

// The end of Run does not wait for what is stuck, in a handler or in the top
// level of a script.
func TestTheEndDoesNotWaitForWhatIsStuck(t *testing.T) {
	hung := make(chan struct{}, 10)
	w := start(t, map[string]string{"a.lua": `on("x", function() hang() end) on("y", function() wait("never") end)`}, hanging(t, hung))
	w.fire("y")
	<-w.arrived
	w.fire("x")
	<-hung
	w.write("b.lua", "hang()")
	<-hung
	w.stop()
	for range 2 {
		if r := <-w.runs; r.Err == nil {
			t.Errorf("%s ended well", r.Event)
		}
	}
}

// What a handler waits for may fail in Go just when the VM was abandoned.
func TestAPanicInAVMThatWasAbandoned(t *testing.T) {
	hung, fail := make(chan struct{}, 10), make(chan struct{})
	w := load(t, map[string]string{"a.lua": `on("x", function() pcall(fail) note("went on") end) on("y", function() hang() end)`},
		hanging(t, hung), failing(fail))
	w.fire("x")
	w.fire("y")
	<-hung
	looks(w, w.Tender())
	<-w.runs // the stuck one
	close(fail)
	if r := <-w.runs; !errors.Is(r.Err, script.ErrStuck) {
		t.Errorf("ended with %v", r.Err)
	}
	if len(w.notes) > 0 {
		t.Error("it went on in a VM that was abandoned")
	}
}
