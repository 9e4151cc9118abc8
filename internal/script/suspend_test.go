package script_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

const spinner = `on("spin", function() while true do pcall(function() while true do end end) end end)
on("x", function(gate) if gate then wait(gate) end note("x") end)`

func TestAScriptThatExhaustsItsLimitsIsSuspended(t *testing.T) {
	m := clock.NewManual(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	w := load(t, map[string]string{"a.lua": spinner, "good.lua": `on("x", function() end)`}, func(o *script.Options) {
		o.Limits.Instructions, o.Clock = 10_000, m
	})
	pin := w.Pin()
	defer pin.Release()
	for range 5 { // never three within a minute
		if r := w.run("spin"); !errors.Is(r.Err, sandbox.ErrInstructions) {
			t.Fatal(r.Err)
		}
		m.Advance(31 * time.Second)
	}
	if s := w.Status()[0]; s.Suspended != "" || s.Limits["instructions"] != 5 {
		t.Fatalf("suspended too early: %+v", s)
	}
	w.fire("x", lua.LString("never"))
	<-w.arrived
	<-w.runs // of good.lua
	w.run("spin")
	w.fire("spin")
	for range 2 { // the one that waits may be told before the one that it ends with
		if r := <-w.runs; r.Event == "x" && !errors.Is(r.Err, script.ErrSuspended) {
			t.Errorf("the one that waited ended with %v", r.Err)
		}
	}
	s := w.Status()[0]
	if s.Generation != "" || !strings.HasPrefix(s.Suspended, "3 handlers within a minute were ended by their limits, the last one by: a.lua:1: too many instructions") {
		t.Errorf("suspended: %+v", s)
	}
	if n := w.fire("x"); n != 1 {
		t.Errorf("%d handlers started", n)
	}
	<-w.runs
	if n := pin.Dispatch(t.Context(), script.Event{Name: "spin"}); n != 0 {
		t.Errorf("%d handlers of the suspended generation started", n)
	}
	if _, err := w.Reload(); err != nil || w.Status()[0].Suspended == "" {
		t.Errorf("a reload of what has changed, %v, changes nothing", err)
	}
	if _, err := w.Reload("a"); err != nil {
		t.Fatal(err)
	}
	if s := w.Status()[0]; s.Generation == "" || s.Suspended != "" {
		t.Errorf("after it was named: %+v", s)
	}
	if r := w.run("spin"); !errors.Is(r.Err, sandbox.ErrInstructions) {
		t.Error(r.Err)
	}
	if s := w.Status()[0]; s.Suspended != "" {
		t.Error("the fresh one does not begin at nothing")
	}
}

func TestASuspendedScriptGoesOnWhenItsFileChanges(t *testing.T) {
	w := start(t, map[string]string{"a.lua": spinner}, func(o *script.Options) {
		o.Limits.Instructions, o.Limits.SuspendAfter = 10_000, 1
	})
	w.run("spin")
	w.save("a.lua", "broken(")
	if r := <-w.reloads; r.Err == nil {
		t.Fatal("it is not broken")
	}
	if s := w.Status()[0]; s.Suspended == "" || s.LastError == nil {
		t.Errorf("broken as well: %+v", s)
	}
	w.save("a.lua", `on("x", function() note("mended") end)`)
	if r := <-w.reloads; r.Err != nil {
		t.Fatal(r.Err)
	}
	w.fire("x")
	if got := <-w.notes; got != "mended" || w.Status()[0].Suspended != "" {
		t.Errorf("%s: %+v", got, w.Status()[0])
	}
}

// A generation that was replaced is ended alone; the one that runs has another
// source.
func TestAnOldGenerationIsSuspendedAlone(t *testing.T) {
	w := load(t, map[string]string{"a.lua": spinner}, func(o *script.Options) {
		o.Limits.Instructions, o.Limits.SuspendAfter = 10_000, 2
	})
	pin := w.Pin()
	defer pin.Release()
	w.saved("a.lua", `on("x", function() note("new") end)`)
	for range 2 {
		pin.Dispatch(t.Context(), script.Event{Name: "spin"})
		<-w.runs
	}
	if n := pin.Dispatch(t.Context(), script.Event{Name: "spin"}); n != 0 {
		t.Error("the old one goes on")
	}
	w.fire("x")
	if got := <-w.notes; got != "new" || w.Status()[0].Suspended != "" {
		t.Errorf("%s: %+v", got, w.Status()[0])
	}
}

func TestAScriptThatIsSuspendedAtOnce(t *testing.T) {
	w := load(t, map[string]string{"a.lua": spinner}, func(o *script.Options) {
		o.Limits.Instructions, o.Limits.SuspendAfter = 10_000, 1
	})
	w.run("spin")
	want := "a handler was ended by its limits: a.lua:1: too many instructions: more than 10000 (limits.instructions)"
	if s := w.Status()[0]; s.Suspended != want {
		t.Errorf("suspended: %q", s.Suspended)
	}
}

// What a stranger's message may bring about does not take a script away.
func TestTextsAndPatternsDoNotSuspend(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `
on("text", function() pcall(string.rep, "x", 2 ^ 30) note("went on") end)
on("pattern", function() pcall(string.find, ("x"):rep(5000), "(x*)(x*)(x*)%d") note("went on") end)`})
	for range 10 {
		if r := w.run("text"); !errors.Is(r.Err, sandbox.ErrText) {
			t.Fatal(r.Err)
		}
		if r := w.run("pattern"); !errors.Is(r.Err, sandbox.ErrPattern) {
			t.Fatal(r.Err)
		}
	}
	if s := w.Status()[0]; s.Suspended != "" || s.Limits["string"] != 10 || s.Limits["pattern"] != 10 || len(w.notes) > 0 {
		t.Errorf("%+v, %d notes", s, len(w.notes))
	}
	if want := "limit=limits.pattern"; !strings.Contains(w.log.String(), want) {
		t.Errorf("the log does not say %s:\n%s", want, w.log)
	}
}
