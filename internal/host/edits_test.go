package host_test

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"luahost/internal/call"
	"luahost/internal/host"
)

// edited is a script whose handlers of one call come from two events, and its
// module. Both say which edit they are of.
func edited(n int) (script, module string) {
	return fmt.Sprintf(`
local module = require "lib.module"
local EDIT = %d

on("call", function(call)
  call.data.edit, call.data.module = EDIT, module.edit
  assert(call:decline("busy"))
end)

on("call.ended", function(call)
  assert(call.data.edit == EDIT and call.data.module == module.edit, "the call has changed its generation")
end)
`, n), fmt.Sprintf("return {edit = %d}", n)
}

// steady is a script that nobody edits. Its timer must stay where it is.
const steady = `
local timer = every("1h", function() end)
local due = timer.due

on("call.ended", function() assert(timer.due == due, "the timer has moved") end)
`

// TestEditsDisturbNothing edits a script and its module again and again while
// calls come in. Each call stays with the generation that it began with, the timer
// of another script does not move, and no old generation is left open.
func TestEditsDisturbNothing(t *testing.T) {
	calls, edits := 100, 6
	if os.Getenv("LUAHOST_FULL") != "" {
		calls, edits = 2000, 100
	}
	w := theWorld(t)
	script, module := edited(0)
	r := w.start(t, []int{0}, map[string]string{"edited.lua": script, "lib/module.lua": module, "steady.lua": steady})
	before := statusOf(t, r, "steady.lua")

	saved := make(chan struct{})
	go func() {
		defer close(saved)
		for n := 1; n <= edits; n++ {
			script, module := edited(n)
			if n%2 == 0 {
				r.save(t, "edited.lua", script, n)
			} else {
				r.save(t, "lib/module.lua", module, n)
			}
			r.await(t, func() bool { return len(r.reloads) >= n+2 })
		}
	}()
	var rung atomic.Int64
	over := func() bool {
		select {
		case <-saved:
			return rung.Load() >= int64(calls)
		default:
			return false
		}
	}
	var ringing sync.WaitGroup
	for range 8 {
		caller := w.caller(t)
		ringing.Go(func() {
			for !over() {
				rung.Add(1)
				ring, err := caller.Ring(t.Context(), w.ids[0], false)
				if err != nil {
					t.Error(err)
					return
				}
				if got := w.calls.await(t, ring.ID(), ended); got.EndedBy != w.ids[0] {
					t.Errorf("a call was ended by %d, %s", got.EndedBy, got.Reason)
				}
			}
		})
	}
	ringing.Wait()

	r.await(t, func() bool { return len(r.handlers) >= 3*int(rung.Load()) })
	for _, err := range r.failures() {
		t.Error(err)
	}
	r.sameGeneration(t)
	if after := statusOf(t, r, "steady.lua"); !after.Loaded.Equal(before.Loaded) || after.Generations[0].Timers != 1 {
		t.Errorf("the script that nobody edited is %+v, was %+v", after, before)
	}
	for len(statusOf(t, r, "edited.lua").Generations) > 1 { // until the last call is let go of
		runtime.Gosched()
	}
	if last := statusOf(t, r, "edited.lua"); !last.Generations[0].Live {
		t.Errorf("what is open is %+v", last.Generations)
	}
	t.Logf("%d calls, %d edits", rung.Load(), edits)
}

// sameGeneration checks that each call has had one generation of each script.
func (r *running) sameGeneration(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	type key struct {
		call   int64
		script string
	}
	seen := map[key]string{}
	for _, run := range r.handlers {
		c, ok := call.FromContext(run.Context)
		if !ok {
			continue
		}
		k := key{c.ID(), run.Script}
		if was := seen[k]; was != "" && was != run.Generation {
			t.Errorf("call %d was handled by the generations %s and %s of %s", k.call, was, run.Generation, run.Script)
		}
		seen[k] = run.Generation
	}
}

func statusOf(t *testing.T, r *running, script string) host.ScriptStatus {
	t.Helper()
	for _, s := range r.host.Status().Scripts {
		if s.Name == script {
			return s
		}
	}
	t.Fatalf("%s is not there", script)
	return host.ScriptStatus{}
}
