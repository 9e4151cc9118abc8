package host_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/host"
	"luahost/internal/store"
)

// generation is a script whose handler needs what its first and its last line
// set: one that runs half loaded fails. The filler makes loading take a while.
func generation(n int) string {
	return fmt.Sprintf(`
local first = %[1]d
local last
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end
  assert(first == last, "half loaded")
  assert(phone.discardCall{peer=call, duration=last, reason="busy", connection_id="0"})
end)
local filler = {}
for i = 1, 20000 do filler[i] = i end
last = %[1]d
`, n)
}

// save writes a script as editors do: by rename, by truncating, or by writing
// first and touching it afterwards.
func (r *running) save(t testing.TB, name, source string, how int) {
	t.Helper()
	path := filepath.Join(r.scripts, name)
	switch how % 3 {
	case 0:
		r.write(t, name+".tmp", source)
		if err := os.Rename(path+".tmp", path); err != nil {
			t.Fatal(err)
		}
	case 1:
		r.write(t, name, source)
	case 2:
		r.write(t, name, source)
		now := r.clock.Now()
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReloadUnderCalls saves a script 100 times while 2,000 calls and more come in. Each
// call is declined once, by a whole generation.
func TestReloadUnderCalls(t *testing.T) {
	const calls, reloads, callers = 2000, 100, 8
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"reloaded.lua": generation(0)})

	saved := make(chan struct{})
	go func() {
		defer close(saved)
		for n := 1; n <= reloads; n++ {
			r.save(t, "reloaded.lua", generation(n), n)
			r.await(t, func() bool { return len(r.reloads) >= n+1 })
		}
	}()

	var rung atomic.Int64
	over := func() bool {
		select {
		case <-saved:
			return rung.Load() >= calls
		default:
			return false
		}
	}
	var ringing sync.WaitGroup
	for range callers {
		caller := w.caller(t)
		ringing.Go(func() {
			for !over() {
				rung.Add(1)
				call, err := caller.Ring(t.Context(), w.ids[0], false)
				if err != nil {
					t.Error(err)
					return
				}
				if got := w.calls.await(t, call.ID(), ended); got.EndedBy != w.ids[0] {
					t.Errorf("a call was ended by %d", got.EndedBy)
				}
			}
		})
	}
	ringing.Wait()
	total := int(rung.Load())
	r.await(t, func() bool { return len(r.requests) >= total })
	for _, err := range r.failures() {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for id, requests := range r.discards() {
		if len(requests) != 1 {
			t.Errorf("call %d was declined %d times", id, len(requests))
		}
		used[requests[0].Args.(*tg.PhoneDiscardCallRequest).Duration] = true
	}
	if got := len(r.discards()); got != total {
		t.Errorf("%d calls were handled, want %d", got, total)
	}
	if len(used) < 2 {
		t.Errorf("the calls met %d generations: they were over before the reloads began", len(used))
	}
	t.Logf("%d calls met %d of %d generations", total, len(used), reloads+1)
}

// TestBrokenEdit: a mistake leaves the old rules on, and mending it takes effect.
func TestBrokenEdit(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"rules.lua": generation(1)})
	caller := w.caller(t)
	decisions := 0
	decidedBy := func() int {
		t.Helper()
		decisions++
		call, err := caller.Ring(t.Context(), w.ids[0], false)
		if err != nil {
			t.Fatal(err)
		}
		w.calls.await(t, call.ID(), ended)
		r.await(t, func() bool { return len(r.requests) >= decisions })
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.requests[decisions-1].Args.(*tg.PhoneDiscardCallRequest).Duration
	}
	for n, edit := range []struct {
		source string
		broken bool
		want   int
	}{
		{"on('updatePhoneCall', function(", true, 1},
		{"error('at the top level')", true, 1},
		{generation(2), false, 2},
		{"on('updatePhoneCal', print)", true, 2},
		{"phone.discardCall{}", true, 2},
		{generation(3), false, 3},
	} {
		r.save(t, "rules.lua", edit.source, n)
		r.await(t, func() bool { return len(r.reloads) >= n+2 })
		if err := r.reloads[n+1].Err; (err != nil) != edit.broken {
			t.Errorf("edit %d: %v", n, err)
		}
		if got := decidedBy(); got != edit.want {
			t.Errorf("edit %d: the call was declined by generation %d, want %d", n, got, edit.want)
		}
	}
}

// What a script kept is no longer in memory when its file is gone, and is read from
// the disk when it comes back.
func TestStateOfAScriptThatGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	kept, err := store.Open(store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	r := theWorld(t).start(t, []int{0}, map[string]string{"a.lua": `on("message", print)`}, func(o *host.Options) { o.Store = kept })
	a := kept.State("a.lua")
	if err := a.Set(t.Context(), "k", []byte("memory"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.scripts, "a.lua")); err != nil {
		t.Fatal(err)
	}
	r.await(t, func() bool { return len(r.reloads) == 2 })
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE state SET value = 'disk'`); err != nil { // as luahost alone would not
		t.Fatal(err)
	}
	if item, _, err := a.Get(t.Context(), "k"); string(item.Value) != "disk" || err != nil {
		t.Errorf("it is %q, %v", item.Value, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}
