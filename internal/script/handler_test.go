package script_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
	"luahost/internal/script"
)

func TestEventsStartInTheOrderOfDispatch(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `on("hold", function() note("held") wait("go") end)
		          on("n", function(n) note(n) block() end)`,
	}, func(o *script.Options) { o.Limits.InFlight = 2000 })
	const events = 2000
	var want []string
	for n := range events {
		w.fire("n", lua.LNumber(n))
		want = append(want, fmt.Sprint(n))
	}
	var got []string
	for range events {
		got = append(got, <-w.notes)
	}
	if !slices.Equal(got, want) {
		t.Errorf("started in the order %v", got)
	}
}

func TestHandlersOfAScriptStartInTheOrderOfRegistration(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `for n = 1, 50 do on("x", function() note(n) block() end) end`})
	for range 20 {
		started := w.fire("x")
		for n := range started {
			if got := <-w.notes; got != fmt.Sprint(n+1) {
				t.Fatalf("handler %s started in the place of %d", got, n+1)
			}
		}
	}
}

func TestARunSaysWhoseItWas(t *testing.T) {
	w := start(t, map[string]string{
		"b.lua": `on("x", function() end) on("x", function() end)`,
		"a.lua": "\non('x', function() end)",
	})
	var runs []string
	for range w.fire("x") {
		r := <-w.runs
		runs = append(runs, fmt.Sprint(r.Event, " ", r.Script, ":", r.Line))
	}
	slices.Sort(runs) // the two scripts run side by side
	if want := []string{"x a.lua:2", "x b.lua:1", "x b.lua:1"}; !slices.Equal(runs, want) {
		t.Errorf("ran %v, want %v", runs, want)
	}
}

func TestDispatchWaitsForNoVM(t *testing.T) {
	release := make(chan struct{})
	w := start(t, map[string]string{"a.lua": `on("x", function() hold() end)`}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("hold", rt.State().NewFunction(func(*lua.LState) int {
				<-release // with the VM's lock held
				return 0
			}))
		}
	})
	for range 100 {
		w.fire("x")
	}
	if n := w.Status()[0].InFlight; n != 100 {
		t.Errorf("%d in flight", n)
	}
	close(release)
}

// Errors, panics and hostile error values end one handler and nothing else.
func TestAFaultEndsOneHandler(t *testing.T) {
	w := start(t, map[string]string{"night.lua": `
on("fault", function(kind) faults[kind]() end)
on("healthy", function() note("well") end)
faults = {
  text      = function() error("oops") end,
  unplaced  = function() error("oops", 0) end,
  table     = function() error({code = 7}) end,
  told      = function() error(setmetatable({}, {__tostring = function() return "told" end})) end,
  endless   = function() error(setmetatable({}, {__tostring = function() while true do end end})) end,
  untold    = function() error(setmetatable({}, {__tostring = function() error("again") end})) end,
  number    = function() local x = nil + 1 end,
  go        = function() panic() end,
  wrapped   = function() coroutine.wrap(function() error("inside") end)() end,
  depth     = function() local function f() return 1 + f() end f() end,
  waited    = function() block() error("after") end,
  nothing   = function() error() end,
  nan       = function() error(0/0) end,
  no        = function() error(false) end,
  posed     = function() error("good.lua:1: posed", 0) end,
  made      = function() loadstring("\n\nerror('made')", "good.lua")() end,
}`})
	for kind, want := range map[string]string{
		"text":     "night.lua:5: oops",
		"unplaced": "night.lua:6: oops",
		"table":    "night.lua:7: error table {code=7} without __tostring",
		"told":     "night.lua:8: told",
		"endless":  "night.lua:9: (the error is a table whose __tostring failed)",
		"untold":   "night.lua:10: (the error is a table whose __tostring failed)",
		"number":   "night.lua:11: cannot perform add operation between nil and number",
		"go":       "night.lua:12: internal error: a fault in Go",
		"wrapped":  "night.lua:13: inside",
		"depth":    "night.lua:14: stack overflow: more than 200 nested calls (limits.depth)",
		"waited":   "night.lua:15: after",
		"nothing":  "night.lua:16: error without a message: error() was given nil",
		"nan":      "night.lua:17: NaN",
		"no":       "night.lua:18: error without a message: false",
		"posed":    "night.lua:19: good.lua:1: posed",
		"made":     `night.lua:20: [string "good.lua"]:3: made`,
	} {
		r := w.run("fault", lua.LString(kind))
		if r.Err == nil || r.Err.Error() != want {
			t.Errorf("%s: %v, want %s", kind, r.Err, want)
		}
		if r.Script != "night.lua" || r.Line != 2 || r.Event != "fault" {
			t.Errorf("%s: reported as %+v", kind, r)
		}
		w.fire("healthy")
		if r := <-w.runs; r.Err != nil {
			t.Errorf("after %s: %v", kind, r.Err)
		}
		if text := <-w.notes; text != "well" {
			t.Errorf("after %s: %s", kind, text)
		}
	}
	for _, want := range []string{
		`msg="handler failed" script=night.lua generation=`, `event=fault line=2 error="night.lua:5: oops"`,
		`more than 200 nested calls (limits.depth)" limit=limits.depth source=`,
		`source="text = function() error(\"oops\") end," traceback="stack traceback:\n\tluahost: in function 'error'\n\tnight.lua:5: in function <night.lua:5>\n\tnight.lua:2: in function <night.lua:2>"`,
	} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, w.log)
		}
	}
}

// The report of a fault is bounded, whatever the script has in it.
func TestAFaultIsBounded(t *testing.T) {
	long := strings.Repeat("n", 100_000)
	w := start(t, map[string]string{"a.lua": `
on("x", function(kind) faults[kind]() end)
faults = {
  message = function() error(("x"):rep(1e6)) end,
  names   = function() local function ` + long + `(n) if n > 0 then ` + long + `(n - 1) end error("x") end ` + long + `(9) end,
  chunk   = function() loadstring("error('x', 0)", ("n"):rep(1e6))() end,
}`})
	for _, kind := range []string{"message", "names", "chunk"} {
		var fault *sandbox.Error
		if r := w.run("x", lua.LString(kind)); !errors.As(r.Err, &fault) || len(fault.Message) > 5000 || len(fault.Traceback) > 20_000 {
			t.Errorf("%s: a message of %d bytes, a traceback of %d", kind, len(fault.Message), len(fault.Traceback))
		}
	}
}

// A recursion that is protected at every level ends at the limit with its handler, and
// leaves nothing behind for the VM's others, nor for other VMs.
func TestProtectedRecursion(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `
local function f() local ok, result = pcall(f) return ok, result end
local function g() local ok, result = xpcall(g, tostring) return ok, result end
on("x", function(n)
  local recursions = {f, g, coroutine.wrap(function() return f() end), coroutine.wrap(function() return g() end)}
  pcall(recursions[n])
  note("went on")
end)
on("y", function() note("well") end)`,
		"b.lua": `on("y", function() local function f(n) return n > 0 and 1 + f(n - 1) or 0 end note(f(180)) end)`,
	}, func(o *script.Options) { o.Limits.SuspendAfter = 1000 })
	for range 20 {
		for n := range 4 {
			if r := w.run("x", lua.LNumber(n+1)); !errors.Is(r.Err, sandbox.ErrDepth) {
				t.Fatal(r.Err)
			}
		}
		w.fire("y")
		if got := map[string]bool{<-w.notes: true, <-w.notes: true}; !got["well"] || !got["180"] {
			t.Fatal(got)
		}
		for range 2 {
			if r := <-w.runs; r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
}

func TestAFaultInOneHandlerLeavesTheOthersOfTheEvent(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `on("x", function() error("a") end) on("x", function() note("second") end)`,
		"b.lua": `on("x", function() note("other") end)`,
	})
	if n := w.fire("x"); n != 3 {
		t.Errorf("started %d handlers", n)
	}
	got := []string{<-w.notes, <-w.notes}
	slices.Sort(got)
	if !slices.Equal(got, []string{"other", "second"}) {
		t.Errorf("ran %v", got)
	}
}

func TestScriptsShareNothing(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `shared = "a" string.trim = 1 math.randomseed(7) on("x", function(t) t.seen = true note(shared) end)`,
		"b.lua": `on("y", function(t) note(tostring(shared) .. tostring(string.trim) .. tostring(t.seen)) end)`,
	})
	args := func(_ *script.Runtime, L *lua.LState) []lua.LValue { return []lua.LValue{L.NewTable()} }
	for event, want := range map[string]string{"x": "a", "y": "nilnilnil"} {
		w.Dispatch(t.Context(), script.Event{Name: event, Args: args})
		if got := <-w.notes; got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
}

func TestAPanicOfArgsEndsTheHandler(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function() note("ran") end)`})
	w.Dispatch(t.Context(), script.Event{Name: "x", Args: func(*script.Runtime, *lua.LState) []lua.LValue { panic("no") }})
	r := <-w.runs
	w.fails(r.Err, "make the arguments: no")
	if r := w.run("x"); r.Err != nil {
		t.Errorf("the next one: %v", r.Err)
	}
}

func TestThousandHandlersOfOneScriptWait(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function(n) local mine = n wait("all") note(mine - n) end)`})
	const handlers = 1000
	for n := range handlers {
		w.fire("x", lua.LNumber(n))
	}
	for range handlers {
		<-w.arrived
	}
	if s := w.Status()[0]; s.InFlight != handlers {
		t.Errorf("%d in flight", s.InFlight)
	}
	close(w.gate("all"))
	for range handlers {
		if r := <-w.runs; r.Err != nil {
			t.Fatal(r.Err)
		}
		if d := <-w.notes; d != "0" {
			t.Fatalf("a handler lost its locals: %s", d)
		}
	}
}

func TestContextOfAHandler(t *testing.T) {
	type key struct{}
	got := make(chan context.Context, 1)
	w := start(t, map[string]string{"a.lua": "\n\non('x', function() look() end)"}, func(o *script.Options) {
		open := o.Open
		o.Open = func(rt *script.Runtime) {
			open(rt)
			rt.State().SetGlobal("look", rt.State().NewFunction(func(L *lua.LState) int {
				got <- rt.Context(L)
				return 0
			}))
		}
	})
	w.Dispatch(context.WithValue(t.Context(), key{}, "carried"), script.Event{Name: "x"})
	ctx := <-got
	if v := ctx.Value(key{}); v != "carried" {
		t.Errorf("the dispatcher's value: %v", v)
	}
	want := script.Handler{Script: "a.lua", Generation: w.Status()[0].Generation, Event: "x", File: "a.lua", Line: 3}
	if h, ok := script.FromContext(ctx); !ok || h != want {
		t.Errorf("FromContext: %+v %v, want %+v", h, ok, want)
	}
	if _, ok := script.FromContext(t.Context()); ok {
		t.Error("a context of nobody has a handler")
	}
	<-ctx.Done() // the handler has ended
}

func TestDispatchersContextEndsItsHandlers(t *testing.T) {
	w := start(t, map[string]string{"a.lua": `on("x", function() pcall(wait, "never") pcall(note, "went on") while true do end end)`})
	ctx, cancel := context.WithCancel(t.Context())
	w.Dispatch(ctx, script.Event{Name: "x"})
	<-w.arrived
	cancel()
	r := <-w.runs
	if !errors.Is(r.Err, context.Canceled) {
		t.Errorf("ended with %v", r.Err)
	}
	if len(w.notes) > 0 {
		t.Error("it went on after it was cancelled")
	}
}

func TestTheEndOfRunEndsHandlers(t *testing.T) {
	w := start(t, map[string]string{
		"blocked.lua": `on("x", function() wait("never") end)`,
		"busy.lua":    `on("x", function() block() note("busy") while true do pcall(block) end end)`,
	}, func(o *script.Options) { o.Limits.Instructions = 1 << 62 })
	for range 10 {
		w.fire("x")
	}
	for range 10 {
		<-w.arrived
		<-w.notes
	}
	w.stop()
	if len(w.runs) != 20 {
		t.Errorf("%d handlers ended, want 20", len(w.runs))
	}
	for len(w.runs) > 0 {
		if r := <-w.runs; !errors.Is(r.Err, context.Canceled) || !strings.HasSuffix(r.Err.Error(), "the handler was ended: luahost ends") {
			t.Errorf("%s ended with %v", r.Script, r.Err)
		}
	}
	if n := w.fire("x"); n != 0 {
		t.Errorf("%d handlers started after the end", n)
	}
	if s := w.Status(); len(s) != 0 {
		t.Errorf("still there: %v", s)
	}
}

// The end may come at any moment, whatever else is going on.
func TestTheEndComesAmidstEverything(t *testing.T) {
	for range 20 {
		w := start(t, map[string]string{
			"a.lua": `on("x", function() block() local co = coroutine.wrap(block) co() wait("never") end)`,
			"b.lua": `on("x", function() while true do block() end end) on("y", function() error("no") end)`,
		})
		var busy sync.WaitGroup
		for _, work := range []func(){
			func() { w.fire("x") },
			func() { w.fire("y") },
			func() { w.Reload("a.lua") },
			func() { w.Reload("b") },
			func() { w.Reload("") },
			func() { w.Status() },
		} {
			busy.Go(func() {
				for range 20 {
					work()
				}
			})
		}
		<-w.arrived
		w.stop()
		busy.Wait()
		if s, n := w.Status(), w.fire("y"); len(s) != 0 || n != 0 {
			t.Fatalf("after the end: %v, %d handlers", s, n)
		}
	}
}
