package script_test

import (
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

// While many want a slot, it rests between two of them. All of them are ended for
// their time, and no slot is lost, or given back twice.
func TestSlotsRestUnderSiege(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scripts = 20
		ended := make(chan script.Run, scripts)
		w := &world{t: t, dir: t.TempDir()}
		for n := range scripts {
			w.write(fmt.Sprintf("busy%d.lua", n), `on("x", function() while true do pcall(function() while true do work() end end) end end)`)
		}
		h := script.New(script.Options{Dir: w.dir, OnHandler: func(r script.Run) { ended <- r }, Open: func(rt *script.Runtime) {
			event.Open(rt)
			rt.State().SetGlobal("work", rt.State().NewFunction(func(*lua.LState) int {
				time.Sleep(10 * time.Microsecond)
				return 0
			}))
		}})
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
		free := h.FreeSlots()
		began := time.Now()
		h.Dispatch(t.Context(), script.Event{Name: "x"})
		for range scripts {
			if r := <-ended; !errors.Is(r.Err, sandbox.ErrTime) {
				t.Errorf("%s ended with %v", r.Script, r.Err)
			}
			if h.FreeSlots() > free {
				t.Error("a slot was given back twice")
			}
		}
		took := time.Since(began)
		time.Sleep(time.Second) // those that rest come back
		if n := h.FreeSlots(); n != free {
			t.Errorf("%d slots are free, and %d were before, after %s", n, free, took)
		}
	})
}
