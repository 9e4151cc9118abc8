package script_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// saved writes a script and waits until it was loaded.
func (w *world) saved(name, source string) {
	w.t.Helper()
	w.write(name, source)
	w.Reload(name)
	if r := <-w.reloads; r.Err != nil {
		w.t.Fatal(r.Err)
	}
}

func TestAPinKeepsItsGenerations(t *testing.T) {
	w := load(t, map[string]string{"a.lua": `on("x", function() note("one") end)`, "b.lua": `on("x", function() note("b") end)`})
	pin := w.Pin()
	w.saved("a.lua", `on("x", function() note("two") end)`)
	w.saved("a.lua", `on("x", function() note("three") end)`)

	if n := w.fire("x"); n != 2 {
		t.Errorf("%d handlers of the live generations started", n)
	}
	seen := map[string]bool{<-w.notes: true, <-w.notes: true}
	if !seen["three"] || !seen["b"] {
		t.Errorf("the live generations: %v", seen)
	}
	for range 2 { // a pin outlives the handlers of its generations
		if n := pin.Dispatch(t.Context(), script.Event{Name: "x"}); n != 2 {
			t.Errorf("%d handlers of the pinned generations started", n)
		}
		seen = map[string]bool{<-w.notes: true, <-w.notes: true}
		if !seen["one"] || !seen["b"] {
			t.Errorf("the pinned generations: %v", seen)
		}
	}
	if n := w.Status()[0].InFlight; n > 1 {
		t.Errorf("a pin counts as %d handlers", n)
	}
	rule := pin.Registered("x")[0]
	pin.Release()
	if pin.Start(t.Context(), rule, script.Event{Name: "x"}, nil) {
		t.Error("a handler of a generation that was let go started")
	}
	pin.Dispatch(t.Context(), script.Event{Name: "x"})
	seen = map[string]bool{<-w.notes: true, <-w.notes: true}
	if !seen["three"] || !seen["b"] {
		t.Errorf("after the release: %v", seen)
	}
}

// TestAPinIsReleasedAtAnyTime has the last user of a generation be its pin, a
// handler, or the replacement.
func TestAPinIsReleasedAtAnyTime(t *testing.T) {
	for _, last := range []string{"pin", "handler", "replacement", "end"} {
		t.Run(last, func(t *testing.T) {
			w := start(t, map[string]string{"a.lua": `on("x", function() wait("go") end)`})
			pin := w.Pin()
			pin.Dispatch(t.Context(), script.Event{Name: "x"})
			<-w.arrived
			steps := map[string]func(){
				"pin":         pin.Release,
				"handler":     func() { close(w.gate("go")); <-w.runs },
				"replacement": func() { w.saved("a.lua", `on("x", function() note("new") end)`) },
				"end":         w.stop,
			}
			for name, step := range steps {
				if name != last && name != "end" {
					step()
				}
			}
			steps[last]()
			if last == "end" {
				pin.Dispatch(t.Context(), script.Event{Name: "x"})
				return
			}
			w.fire("x")
			if got := <-w.notes; got != "new" {
				t.Errorf("the new generation says %s", got)
			}
		})
	}
}

func TestStartRunsOneHandler(t *testing.T) {
	type tag struct{ name string }
	w := load(t, map[string]string{
		"b.lua": "rule('first', function(x) note('first ' .. x) end)\nrule('second', function() error('no') end)",
		"a.lua": "rule('other', function() end)",
	}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("rule", rt.State().NewFunction(func(L *lua.LState) int {
				rt.Register(L, "rule", L.CheckFunction(2), &tag{L.CheckString(1)})
				return 0
			}))
		}
	})
	pin := w.Pin()
	defer pin.Release()
	var names []string
	rules := pin.Registered("rule")
	for _, r := range rules {
		names = append(names, fmt.Sprint(r.Tag.(*tag).name, " ", r.Script, ":", r.Line))
	}
	if got := fmt.Sprint(names); got != "[other a.lua:1 first b.lua:1 second b.lua:2]" {
		t.Fatalf("registered %s", got)
	}

	ended := make(chan script.Run, 1)
	begin := func(i int) script.Run {
		event := script.Event{Name: "rule", Args: func(*script.Runtime, *lua.LState) []lua.LValue { return []lua.LValue{lua.LString("ran")} }}
		if !pin.Start(t.Context(), rules[i], event, func(r script.Run) { ended <- r }) {
			t.Fatal("nothing was started")
		}
		return <-ended
	}
	if r := begin(1); r.Err != nil || <-w.notes != "first ran" {
		t.Errorf("the first: %v", r.Err)
	}
	r := begin(2)
	w.fails(r.Err, "b.lua:2: no")
	if who, ok := script.FromContext(r.Context); !ok || who.Tag != rules[2].Tag {
		t.Errorf("the context belongs to %+v", who)
	}
}

func TestBlockKnowsItsLine(t *testing.T) {
	at := make(chan script.Handler, 2)
	w := load(t, map[string]string{"a.lua": "on('x', function()\n  look()\n  coroutine.wrap(function()\n look() end)()\nend)"}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("look", rt.State().NewFunction(func(L *lua.LState) int {
				if err := rt.Block(L, func(ctx context.Context) {
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					who, _ := script.FromContext(ctx)
					at <- who
				}); err != nil {
					t.Error(err)
				}
				return 0
			}))
		}
	})
	w.fire("x")
	for _, want := range []int{2, 4} {
		if who := <-at; who.At != want || who.Line != 1 || who.Script != "a.lua" {
			t.Errorf("waits at %+v, want line %d", who, want)
		}
	}
}

func TestAScriptThatLeftSomethingUnfinishedIsRefused(t *testing.T) {
	w := load(t, map[string]string{"a.lua": "", "b.lua": "begin()"}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			begun := 0
			rt.AtLoaded(func() error {
				if begun > 0 {
					return errors.New("begun and not finished")
				}
				return nil
			})
			rt.State().SetGlobal("begin", rt.State().NewFunction(func(*lua.LState) int { begun++; return 0 }))
		}
	})
	if s := w.Status(); s[0].LastError != nil || s[1].LastError == nil || s[1].LastError.Error() != "begun and not finished" {
		t.Errorf("loaded with %v and %v", s[0].LastError, s[1].LastError)
	}
}

// A pin is quiet when it was released and the last handler has ended.
func TestAPinBecomesQuiet(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function(gate) wait(gate) end) on("y", function() end)`})
	quiet := make(chan struct{})
	pin := w.Pin()
	pin.WhenQuiet(func() { close(quiet) })
	args := func(*script.Runtime, *lua.LState) []lua.LValue { return []lua.LValue{lua.LString("gate")} }
	pin.Dispatch(t.Context(), script.Event{Name: "x", Args: args})
	pin.Start(t.Context(), pin.Registered("y")[0], script.Event{Name: "y"}, nil)
	<-w.arrived
	<-w.runs // of y
	pin.Release()
	select {
	case <-quiet:
		t.Error("quiet while a handler waits")
	default:
	}
	close(w.gate("gate"))
	<-quiet

	pin = w.Pin()
	quiet = make(chan struct{})
	pin.WhenQuiet(func() { close(quiet) })
	pin.Release()
	<-quiet
}
