package host_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"luahost/internal/call"
	"luahost/internal/host"
	"luahost/internal/hostile"
	"luahost/internal/script"
	"luahost/internal/store"
)

// goodRule and goodHandler are scripts that have to decide, whatever lies beside them.
const goodRule = `
rule "strangers" {
  when   = {from = "stranger"},
  action = function(call)
    assert(tostring(call.from.id):find("^%d+$") and ("x"):rep(2) == "xx" and rawget(_G, "marker_of_overwrite") == nil)
    assert(call:decline("busy"))
  end,
}
`

const goodHandler = `
on("call", function(call)
  assert(tostring(call.from.id):find("^%d+$") and ("x"):rep(2) == "xx" and rawget(_G, "marker_of_overwrite") == nil)
  assert(call:decline("busy"))
end)
`

// besieged is a host with a good script, into whose folder hostile ones come.
type besieged struct {
	*world
	host *host.Host
	dir  string
	log  *logBuffer
	stop func() error

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at each change
	runs     map[string][]script.Run
	reloads  map[string][]script.Reload
	deciders map[int64]string // scripts, by the call's id
}

// keptRuns is how many runs of one script are looked at.
const keptRuns = 2000

func besiege(t testing.TB, good string, limits script.Limits, configure ...func(*host.Options)) *besieged {
	t.Helper()
	w := theWorld(t)
	b := &besieged{
		world: w, dir: t.TempDir(), changed: make(chan struct{}), runs: map[string][]script.Run{},
		reloads: map[string][]script.Reload{}, deciders: map[int64]string{},
	}
	b.log = &logBuffer{wrote: func() { b.note(func() {}) }}
	if err := os.WriteFile(filepath.Join(b.dir, "good.lua"), []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := hostile.WriteModules(b.dir); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(store.Options{Path: filepath.Join(t.TempDir(), "luahost.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	opts := host.Options{
		Store: kept, Scripts: b.dir, Quiet: time.Millisecond, Limits: limits,
		Log:     slog.New(slog.NewTextHandler(b.log, nil)),
		Observe: host.Observe{Handler: b.ran, Reload: b.reloaded, Entry: b.entry},
	}
	for _, c := range configure {
		c(&opts)
	}
	opts.Limits.OldGenerations = time.Second // what a script leaves behind when it is removed
	b.host, b.stop = w.run(t, []int{0}, opts)
	return b
}

func (b *besieged) note(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *besieged) ran(run script.Run) {
	b.note(func() {
		if len(b.runs[run.Script]) < keptRuns {
			b.runs[run.Script] = append(b.runs[run.Script], run)
		}
	})
}

func (b *besieged) reloaded(r script.Reload) {
	b.note(func() { b.reloads[r.Script] = append(b.reloads[r.Script], r) })
}

func (b *besieged) entry(c *call.Call, e store.Entry) {
	if e.Kind == "decision" {
		b.note(func() { b.deciders[c.ID()] = e.Script })
	}
}

// patience is how long something may take that nothing but a hostile script
// could hold up.
const patience = time.Minute

// await waits until holds, which is called with b.mu held.
func (b *besieged) await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		b.mu.Lock()
		done, changed := holds(), b.changed
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("%s does not come within %s", what, patience)
		}
	}
}

// add lays scripts into the folder, and waits until each was loaded or refused.
func (b *besieged) add(t testing.TB, scripts ...hostile.Script) {
	t.Helper()
	for _, s := range scripts {
		if err := s.Write(b.dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scripts {
		b.await(t, "the load of "+s.Name, func() bool { return len(b.reloads[s.Name]) > 0 })
	}
}

// loaded is how the load of a script went.
func (b *besieged) loaded(s hostile.Script) script.Reload {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reloads[s.Name][0]
}

// remove takes scripts away again, and waits until nothing is left of them.
func (b *besieged) remove(t testing.TB, scripts ...hostile.Script) {
	t.Helper()
	for _, s := range scripts {
		if err := os.Remove(filepath.Join(b.dir, s.Name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scripts {
		b.await(t, "the unload of "+s.Name, func() bool {
			return slices.ContainsFunc(b.reloads[s.Name], func(r script.Reload) bool { return r.Unloaded })
		})
	}
}

// ringOne has somebody ring, and waits until the good script has declined.
func (b *besieged) ringOne(t testing.TB) {
	t.Helper()
	end, err := b.caller(t).Ring(t.Context(), b.ids[0], false)
	if err != nil {
		t.Fatal(err)
	}
	if by := b.decider(t, end.ID()); by != "good.lua" {
		t.Errorf("the call was decided by %s", by)
	}
}

// decider waits for the decision about a call, and says which script's it is.
func (b *besieged) decider(t testing.TB, id int64) string {
	t.Helper()
	b.await(t, "a decision about a call", func() bool { return b.deciders[id] != "" })
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deciders[id]
}

// suffer waits for what must come of a script that was loaded, after a call.
func (b *besieged) suffer(t testing.TB, s hostile.Script) {
	t.Helper()
	switch s.Must {
	case hostile.Refused:
		return
	case hostile.Load:
		if b.loaded(s).Handlers > 0 {
			b.awaitRun(t, s, "the end of its handler", func(r script.Run) bool { return true })
		}
	case hostile.Ended:
		b.awaitRun(t, s, "the end that it must come to", func(r script.Run) bool { return r.Err != nil })
	case hostile.Wait:
		b.await(t, "a handler that waits", func() bool { return b.inFlight(s.Name) > 0 })
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, run := range b.runs[s.Name] {
		if err := fate(s, run.Err); err != nil {
			t.Errorf("%s: %v", run.Event, err)
			break
		}
	}
}

func (b *besieged) awaitRun(t testing.TB, s hostile.Script, what string, want func(script.Run) bool) {
	t.Helper()
	b.await(t, what, func() bool {
		return slices.ContainsFunc(b.runs[s.Name], func(r script.Run) bool { return r.Event == s.On && want(r) })
	})
}

// inFlight is how many handlers of a script are at work.
func (b *besieged) inFlight(name string) int {
	for _, s := range b.host.Status().Scripts {
		if s.Name == name {
			return s.InFlight
		}
	}
	return 0
}

// fate says what is wrong with how a handler of a script ended.
func fate(s hostile.Script, err error) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return nil
	case s.Why == nil:
		return err
	default:
		return says(s.Why, err)
	}
}

func says(why *regexp.Regexp, err error) error {
	switch text := err.Error(); {
	case !why.MatchString(text):
		return errors.New("it says " + text + ", and not " + why.String())
	case len(text) > 10_000 || strings.ContainsAny(text, "\x00\x1b"):
		return errors.New("its text is not fit for a log")
	}
	return nil
}
