package script_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/internal/script"
)

func holds(bytes int64) func(*script.Options) {
	return func(o *script.Options) { o.Limits.Values = bytes }
}

// What a script holds is bounded, wherever it holds it.
func TestValuesOfAScript(t *testing.T) {
	for name, source := range map[string]string{
		"texts":  `on("x", function(n) for i = 1, n do kept[i] = ("x"):rep(1000) .. i end end)`,
		"list":   `on("x", function(n) for i = 1, n do kept[i] = {i, i, i, i, i, i, i, i, i, i, i, i} end end)`,
		"names":  `on("x", function(n) for i = 1, n * 6 do kept["k" .. i] = true end end)`,
		"closed": `on("x", function(n) for i = 1, n do local t = ("x"):rep(1000) .. i kept[i] = function() return t end end end)`,
		"local":  `on("x", function(n) local mine = {} for i = 1, n do mine[i] = ("x"):rep(1000) .. i end block() end)`,
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, map[string]string{"a.lua": "kept = {}\n" + source}, holds(8<<20))
			if r := w.run("x", lua.LNumber(2000)); r.Err != nil {
				t.Errorf("with some 2 MB: %v", r.Err)
			}
			r := w.run("x", lua.LNumber(100_000))
			if !errors.Is(r.Err, script.ErrMemory) || !strings.Contains(fmt.Sprint(r.Err), "and may hold 8") {
				t.Errorf("with some 100 MB: %v", r.Err)
			}
		})
	}
}

// pcall cannot hold it, and a script that holds too much when it is loaded is
// refused.
func TestTooManyValues(t *testing.T) {
	w := start(t, map[string]string{
		"a.lua": `
kept = {}
on("x", function() while true do pcall(function() for i = 1, 1e9 do kept[#kept + 1] = ("x"):rep(1000) .. i end end) end end)`,
		"b.lua": `kept = {} for i = 1, 20000 do kept[i] = ("x"):rep(1000) .. i end`,
	}, holds(8<<20))
	if r := w.run("x"); !errors.Is(r.Err, script.ErrMemory) {
		t.Errorf("it ended with %v", r.Err)
	}
	if l := w.Status()[0].Limits; l["values"] != 1 || l["memory"] != 0 {
		t.Errorf("the limits that it reached: %v", l)
	}
	if err := w.Status()[1].LastError; !errors.Is(err, script.ErrMemory) {
		t.Errorf("loaded with %v", err)
	}
}

// A handler that makes request after request is slowed down, and pays for it; one
// that takes its time does not.
func TestALoopOfRequestsIsSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan script.Run, 2)
		w := &world{t: t, dir: t.TempDir()}
		w.write("a.lua", `
on("loop", function() while true do request(0) end end)
on("slow", function() for i = 1, 2000 do request(1) end end)`)
		opts := script.Options{Dir: w.dir, OnHandler: func(r script.Run) { ended <- r }, Open: func(rt *script.Runtime) {
			event.Open(rt)
			rt.State().SetGlobal("request", rt.State().NewFunction(func(L *lua.LState) int {
				seconds := L.CheckInt(1)
				if err := rt.Request(L, func(context.Context) { time.Sleep(time.Duration(seconds) * time.Second) }); err != nil {
					L.RaiseError("%v", err)
				}
				return 0
			}))
		}}
		opts.Limits.Instructions = 1_000_000
		h := script.New(opts)
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
		for event, ends := range map[string]bool{"loop": true, "slow": false} {
			h.Dispatch(t.Context(), script.Event{Name: event})
			if r := <-ended; (r.Err != nil) != ends {
				t.Errorf("%s ended with %v", event, r.Err)
			}
		}
	})
}
