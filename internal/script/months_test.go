package script_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// pinOf is the key of a pin's number in the context of its events.
type pinOf struct{}

// watcher takes down which generation of a script handled what of a pin.
type watcher struct {
	t       *testing.T
	mu      sync.Mutex
	handled map[string]string // by script and pin
	steady  int
	ended   chan struct{}
}

func (w *watcher) ran(r script.Run) {
	defer func() { w.ended <- struct{}{} }()
	if r.Err != nil {
		w.t.Error(r.Err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n, ofPin := r.Context.Value(pinOf{}).(int)
	if !ofPin {
		w.steady++
		return
	}
	key := fmt.Sprint(r.Script, " ", n)
	if was, ok := w.handled[key]; ok && was != r.Generation {
		w.t.Errorf("pin %d of %s was with %s, then with %s", n, r.Script, was, r.Generation)
	}
	w.handled[key] = r.Generation
}

// Many calls, each with several events and a timer, while two scripts and a
// module of theirs are edited again and again: each call stays with the
// generations that it began with, a third script feels nothing, and in the end
// one generation of each is left.
func TestEditsUnderLoad(t *testing.T) {
	const edits, calls = 100, 20 // calls for each edit
	source := func(name string, n int) string {
		return fmt.Sprintf(`
			local mark = require "lib.mark"
			local edit = %d
			on("event", function(n)
				local before = mark.edit
				block()
				assert(before == mark.edit and edit == edit_of())
			end)
			on("leave", function(n) later("%s left " .. n, true, function() assert(edit == edit_of()) end) end)
			function edit_of() return edit end`, n, name)
	}
	l, config := withLater()
	watch := &watcher{t: t, handled: map[string]string{}, ended: make(chan struct{}, 1<<16)}
	w := start(t, map[string]string{
		"a.lua": source("a", 0), "b.lua": source("b", 0), "lib/mark.lua": "return {edit = 0}",
		"steady.lua": `local n = 0 later("steady", false, function() n = n + 1 end)`,
	}, config, func(o *script.Options) {
		o.OnHandler, o.Limits.InFlight = watch.ran, 1<<20 // nobody waits for the handlers
	})
	before := w.Status()[2]

	var pins []*script.Pin
	var contexts []context.Context
	started := 0
	tell := func(n int, event string) {
		if pins[n] == nil {
			return
		}
		got := pins[n].Dispatch(contexts[n], script.Event{Name: event, Args: func(*script.Runtime, *lua.LState) []lua.LValue {
			return []lua.LValue{lua.LNumber(n)}
		}})
		if got != 2 {
			t.Errorf("pin %d: %d handlers of %q, want 2", n, got, event)
		}
		started += got
	}
	for edit := range edits {
		switch edit % 3 {
		case 0:
			w.save("a.lua", source("a", edit+1))
		case 1:
			w.save("b.lua", source("b", edit+1))
		default:
			w.save("lib/mark.lua", fmt.Sprintf("return {edit = %d}", edit+1))
		}
		for range calls { // while the watch reads, loads and replaces
			n := len(pins)
			pins = append(pins, w.Pin())
			contexts = append(contexts, context.WithValue(t.Context(), pinOf{}, n))
			tell(n, "event")
			if old := n - 30; old >= 0 { // calls last for one or two edits, some for ten
				tell(old, "event")
			}
			if old := n - 200; old >= 0 && old%10 == 0 {
				tell(old, "event")
				pins[old].Release()
				pins[old] = nil
			}
			if old := n - 40; old >= 0 && old%10 != 0 {
				tell(old, "leave")
				pins[old].Release()
				pins[old] = nil
			}
			if l.of("steady").Start(nil, nil) {
				started++
			} else {
				t.Error("a timer of a script that did not change is gone")
			}
		}
		for want := map[int]int{0: 1, 1: 1, 2: 2}[edit%3]; want > 0; want-- {
			if r := <-w.reloads; r.Err != nil || r.Script == "steady.lua" {
				t.Fatalf("edit %d: %+v", edit, r)
			}
		}
	}
	for n, pin := range pins {
		if pin != nil {
			tell(n, "event")
			pin.Release()
		}
	}
	for range started {
		<-watch.ended
	}
	left := 0
	for name, c := range l.made { // whose makers have all ended
		if name == "steady" {
			continue
		}
		if !c.Start(nil, nil) {
			t.Errorf("timer %s is gone", name)
			continue
		}
		<-watch.ended
		left++
	}
	if want := 2 * (edits*calls - edits*calls/10 - 36); left < want {
		t.Errorf("%d timers of calls were left, want %d", left, want)
	}
	if len(watch.handled) != 2*edits*calls || watch.steady != edits*calls {
		t.Errorf("%d pins of scripts and %d timers were handled", len(watch.handled), watch.steady)
	}
	w.oneGenerationEach()
	if after := w.Status()[2]; after.Generation != before.Generation || !after.Loaded.Equal(before.Loaded) || after.Generations[0].Timers != 1 {
		t.Errorf("the script that was left alone is %+v, was %+v", after, before)
	}
	w.wantGone(l)
}

// oneGenerationEach checks that every old generation has been closed.
func (w *world) oneGenerationEach() {
	w.t.Helper()
	for _, s := range w.Status() {
		if len(s.Generations) != 1 || !s.Generations[0].Live || s.InFlight != 0 {
			w.t.Errorf("%s: %+v", s.Name, s.Generations)
		}
	}
}
