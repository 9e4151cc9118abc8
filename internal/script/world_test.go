package script_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a host at work on a folder of its own, whose scripts have on() and:
// note(text) to tell the test something, block(value) to give the lock away and
// return the value, wait(gate) to wait until the test opens the gate, and
// panic() for a fault in Go.
type world struct {
	t *testing.T
	*script.Host
	dir     string
	log     *buffer
	runs    chan script.Run
	reloads chan script.Reload
	notes   chan string
	arrived chan string // a handler waits at a gate
	stop    func()      // ends Run and waits for it; what the end of the test does too

	mu    sync.Mutex
	gates map[string]chan struct{}
}

// start writes the files, loads them and has Run watch them.
func start(t *testing.T, files map[string]string, configure ...func(*script.Options)) *world {
	t.Helper()
	w := load(t, files, configure...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-w.log.watched
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// load writes the files and loads them.
func load(t *testing.T, files map[string]string, configure ...func(*script.Options)) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), log: &buffer{watched: make(chan struct{}, 1)}, gates: map[string]chan struct{}{},
		runs: make(chan script.Run, 10000), reloads: make(chan script.Reload, 10000),
		notes: make(chan string, 10000), arrived: make(chan string, 10000),
	}
	for name, source := range files {
		w.write(name, source)
	}
	opts := script.Options{
		Dir: w.dir, Open: w.open, Quiet: 1,
		Limits:    script.Limits{Limits: sandbox.Limits{Time: time.Hour}}, // a slow machine ends nothing
		Log:       slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnHandler: func(r script.Run) { w.runs <- r },
		OnReload:  func(r script.Reload) { w.reloads <- r },
	}
	for _, c := range configure {
		c(&opts)
	}
	w.Host = script.New(opts)
	if err := w.Load(); err != nil {
		t.Fatal(err)
	}
	for range w.Status() {
		<-w.reloads
	}
	return w
}

func (w *world) open(rt *script.Runtime) {
	event.Open(rt)
	L := rt.State()
	L.SetFuncs(L.G.Global, map[string]lua.LGFunction{
		"note": func(L *lua.LState) int {
			w.notes <- L.ToStringMeta(L.Get(1)).String()
			return 0
		},
		"block": func(L *lua.LState) int {
			if err := rt.Block(L, func(context.Context) { runtime.Gosched() }); err != nil {
				L.RaiseError("%v", err)
			}
			return L.GetTop()
		},
		"wait": func(L *lua.LState) int {
			gate := L.CheckString(1)
			err := rt.Block(L, func(ctx context.Context) {
				w.arrived <- gate
				select {
				case <-w.gate(gate):
				case <-ctx.Done():
				}
			})
			if err != nil {
				L.RaiseError("%v", err)
			}
			return 0
		},
		"panic": func(*lua.LState) int { panic("a fault in Go") },
	})
}

func (w *world) gate(name string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gates[name] == nil {
		w.gates[name] = make(chan struct{})
	}
	return w.gates[name]
}

// save replaces a file in one step.
func (w *world) save(name, source string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(w.dir, name)), 0o700); err != nil {
		w.t.Error(err)
	}
	w.write(".new", source)
	if err := os.Rename(filepath.Join(w.dir, ".new"), filepath.Join(w.dir, name)); err != nil {
		w.t.Error(err)
	}
}

func (w *world) write(name, source string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// fire dispatches an event whose handlers get the arguments.
func (w *world) fire(name string, args ...lua.LValue) int {
	return w.Dispatch(w.t.Context(), script.Event{
		Name: name,
		Args: func(*script.Runtime, *lua.LState) []lua.LValue { return args },
	})
}

// run dispatches an event that has one handler and returns how that ended.
func (w *world) run(name string, args ...lua.LValue) script.Run {
	w.t.Helper()
	if n := w.fire(name, args...); n != 1 {
		w.t.Fatalf("event %q has %d handlers, want 1", name, n)
	}
	return <-w.runs
}

// ended takes a run of each event, in whichever order they are reported: the handlers
// that one's end lets begin, of "unload" and of the next generation's "load", may come
// before it.
func (w *world) ended(events ...string) map[string]script.Run {
	w.t.Helper()
	runs := map[string]script.Run{}
	for range events {
		r := <-w.runs
		runs[r.Event] = r
	}
	for _, event := range events {
		if _, ok := runs[event]; !ok {
			w.t.Fatalf("runs of %v, want %q", runs, events)
		}
	}
	return runs
}

// fails checks that an error says all of the parts.
func (w *world) fails(err error, parts ...string) {
	w.t.Helper()
	if err == nil {
		w.t.Fatalf("no error, want %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			w.t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// buffer is a log that the test reads while others write.
type buffer struct {
	mu      sync.Mutex
	text    bytes.Buffer
	watched chan struct{} // Run has begun to watch
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bytes.Contains(p, []byte("scripts folder watched")) {
		b.watched <- struct{}{}
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
