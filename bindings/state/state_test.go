package state_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/state"
	"luahost/internal/clock"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
	"luahost/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a database and a clock that scripts have.
type world struct {
	path  string
	store *store.Store
	clock *clock.Manual
	log   bytes.Buffer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{path: filepath.Join(t.TempDir(), "luahost.db"), clock: clock.NewManual(noon)}
	var err error
	if w.store, err = store.Open(store.Options{Path: w.path, Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	return w
}

func (w *world) options() script.Options {
	return script.Options{
		Clock: w.clock, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Open: func(rt *script.Runtime) {
			event.Open(rt)
			state.Open(rt, state.Options{Store: w.store, ErrorTable: errorTable})
		},
	}
}

// errorTable is what tl.Module.ErrorTable makes, without the schema of Telegram.
func errorTable(L *lua.LState, method string, err error) *lua.LTable {
	e, _ := tgerr.As(err)
	tb := L.NewTable()
	for name, text := range map[string]string{"method": method, "type": e.Type, "message": e.Message} {
		tb.RawSetString(name, lua.LString(text))
	}
	return tb
}

func (w *world) load(t testing.TB) *scripttest.Script {
	t.Helper()
	return scripttest.File(t, "testdata/store.lua", w.options())
}

func TestStore(t *testing.T) {
	for _, name := range []string{"values", "keys", "incr", "mistakes", "full"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.load(t).Check(t, name)
		})
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	s := w.load(t)
	s.Check(t, "expires")
	w.clock.Advance(30 * time.Minute)
	s.Check(t, "half an hour later")
	w.clock.Advance(30 * time.Minute)
	s.Check(t, "an hour later")
}

// A disk that refuses is told to the script, and once to the log.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	s := w.load(t)
	db, err := sql.Open("sqlite", w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ABORT, 'disk full'); END`); err != nil {
		t.Fatal(err)
	}
	s.Check(t, "refused")
	if n := strings.Count(w.log.String(), "state not kept"); n != 2 { // store's and store.shared's
		t.Errorf("%d lines in the log:\n%s", n, w.log.String())
	}
}

// A handler that waits for the disk holds up no other of its script.
func TestOthersGoOn(t *testing.T) {
	w := newWorld(t)
	s, err := scripttest.Source(t, "a.lua", `
		on("set", function() assert(store.set("k", 1)) end)
		on("get", function() assert(store.get("k") == nil) end)`, w.options())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+w.path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin() // as if the disk took its time
	if err != nil {
		t.Fatal(err)
	}
	s.Dispatch(t.Context(), script.Event{Name: "set"})
	s.Check(t, "get")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(1)[0]; err != nil {
		t.Error(err)
	}
}

// A handler that ends while it waits for the disk, as when luahost ends, may have had
// its value kept: the log does not say otherwise.
func TestEndedWhileItWaits(t *testing.T) {
	w := newWorld(t)
	s, err := scripttest.Source(t, "a.lua", `
		on("set", function() store.set("k", 1) end)
		on("get", function() store.get("k") end)`, w.options())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+w.path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin() // as if the disk took its time
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	s.Dispatch(ctx, script.Event{Name: "set"})
	s.Check(t, "get") // which comes when the other waits
	end()
	if err := s.Wait(1)[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.log.String(), "state not kept") {
		t.Errorf("the log:\n%s", w.log.String())
	}
}

const counting = `
	local generation = %q
	on("count", function()
		for i = 1, 10 do
			assert(store.incr("n"))
			assert(store.shared.incr("n"))
		end
		if store.get("n") < 10 then error("too few") end
	end)
	on("n", function() assert(store.get("n") == 400, store.get("n")) end)
	on("shared", function() assert(store.shared.get("n") == 800, store.shared.get("n")) end)`

// Handlers, generations of one script and other scripts count together. A script
// that is edited finds what it kept, and so does one that has its name back.
func TestCountingTogether(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	write := func(name, generation string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fmt.Sprintf(counting, generation)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts := w.options()
	opts.Dir = dir
	runs := make(chan error, 1000)
	opts.OnHandler = func(r script.Run) { runs <- r.Err }
	write("a.lua", "one")
	write("b.lua", "one")
	h := script.New(opts)
	reload := func() {
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
	}
	reload()
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { _ = h.Run(ctx) })
	t.Cleanup(func() { cancel(); serving.Wait() })
	wait := func(n int) {
		for range n {
			if err := <-runs; err != nil {
				t.Error(err)
			}
		}
	}

	pin := h.Pin() // a call that began before the edit
	write("a.lua", "two")
	if _, err := h.Reload("a.lua"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for range 20 {
		n += pin.Dispatch(ctx, script.Event{Name: "count"})
		n += h.Dispatch(ctx, script.Event{Name: "count"})
	}
	wait(n)
	if n != 80 {
		t.Fatalf("%d handlers", n)
	}
	pin.Release()
	wait(h.Dispatch(ctx, script.Event{Name: "n"}))
	wait(h.Dispatch(ctx, script.Event{Name: "shared"}))

	for _, name := range []string{"other.lua", "a.lua"} {
		from := map[string]string{"other.lua": "a.lua", "a.lua": "other.lua"}[name]
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	wait(h.Dispatch(ctx, script.Event{Name: "n"}))
}
