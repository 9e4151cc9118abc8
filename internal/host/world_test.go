package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"go.uber.org/goleak"

	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
	"luahost/internal/store"
)

// world is one embedded Telegram over TCP with two users and a bot of ours,
// logged in once for all tests of the package: a key exchange costs a second.
type world struct {
	telegram *simulator.Telegram
	clock    *clock.Manual // of telegram: no call times out unless a test says so
	server   *server.Server
	dir      string
	accounts []account.Options // ada, ben, bot
	ids      []int64           // of their users
	calls    *record
	callers  atomic.Int32 // that were added
}

// record is what the embedded Telegram says of each call.
type record struct {
	mu      sync.Mutex
	last    map[int64]simulator.Call
	waiting map[int64]chan struct{} // closed at the next change of that call
}

func (r *record) put(c simulator.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[c.ID] = c
	if w, ok := r.waiting[c.ID]; ok {
		close(w)
		delete(r.waiting, c.ID)
	}
}

// await gives the first state of a call for which want holds.
func (r *record) await(t testing.TB, id int64, want func(simulator.Call) bool) simulator.Call {
	t.Helper()
	for {
		r.mu.Lock()
		c := r.last[id]
		changed, ok := r.waiting[id]
		if !ok {
			changed = make(chan struct{})
			r.waiting[id] = changed
		}
		r.mu.Unlock()
		if want(c) {
			return c
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the test ended before the call did")
		}
	}
}

var shared struct {
	once  sync.Once
	world *world
	err   error
	stop  func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left behind:", err)
		code = 1
	}
	os.Exit(code)
}

func theWorld(t testing.TB) *world {
	t.Helper()
	shared.once.Do(func() { shared.world, shared.err = buildWorld() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.world
}

func buildWorld() (*world, error) {
	w := &world{calls: &record{last: map[int64]simulator.Call{}, waiting: map[int64]chan struct{}{}}}
	w.clock = clock.NewManual(time.Now())
	w.telegram = simulator.New(simulator.Options{Clock: w.clock, OnCall: w.calls.put})
	var err error
	if w.server, err = server.Listen(server.Options{Addr: "127.0.0.1:0", Telegram: w.telegram}); err != nil {
		return nil, err
	}
	if w.dir, err = os.MkdirTemp("", "luahost-host-test-"); err != nil {
		return nil, err
	}
	kept, err := store.Open(store.Options{Path: filepath.Join(w.dir, "luahost.db")})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = w.server.Run(ctx) })
	shared.stop = func() {
		cancel()
		serving.Wait()
		kept.Close()
		os.RemoveAll(w.dir)
	}
	for _, u := range []simulator.User{
		{Phone: "+15550001", FirstName: "Ada"},
		{Phone: "+15550002", FirstName: "Ben"},
		{FirstName: "Robot", Username: "the_robot_bot", Bot: true, BotToken: "1000:token"},
	} {
		id, err := w.telegram.AddUser(u)
		if err != nil {
			return nil, err
		}
		opts := account.Options{
			Name: u.FirstName, Phone: u.Phone, BotToken: u.BotToken, APIID: 1, APIHash: "abc",
			Server: w.server.Addr().String(), ServerKey: w.server.PublicKey(),
			Dir: w.dir, Store: kept, Prompt: codes{},
		}
		a, err := account.New(opts)
		if err != nil {
			return nil, err
		}
		if err := a.Login(ctx); err != nil {
			return nil, err
		}
		w.accounts, w.ids = append(w.accounts, opts), append(w.ids, id)
	}
	return w, nil
}

// codes answers every question of a login with the embedded Telegram's code.
type codes struct{}

func (codes) Ask(context.Context, string, bool) (string, error) { return "12345", nil }
func (codes) Tell(string)                                       {}

// caller adds somebody who can ring.
func (w *world) caller(t testing.TB) *simulator.Client {
	t.Helper()
	n := w.callers.Add(1)
	id, err := w.telegram.AddUser(simulator.User{Phone: "+1666" + strconv.Itoa(1_000_000+int(n)), FirstName: "Caller"})
	if err != nil {
		t.Fatal(err)
	}
	return w.telegram.Login(id)
}

// running is a host of a test, and what it reported.
type running struct {
	*world
	host    *host.Host
	scripts string
	raw     bool // a script handles updatePhoneCall
	log     *logBuffer
	stop    func() error

	mu       sync.Mutex
	requests []host.Request
	handlers []script.Run
	reloads  []script.Reload
	entries  map[int64][]store.Entry // by the call's id
	changed  chan struct{}
}

// start runs a host on some of the world's accounts with the given scripts, by
// name, and stops it when the test ends.
func (w *world) start(t testing.TB, accounts []int, scripts map[string]string, configure ...func(*host.Options)) *running {
	t.Helper()
	r := &running{world: w, scripts: t.TempDir(), changed: make(chan struct{}), entries: make(map[int64][]store.Entry)}
	r.log = &logBuffer{wrote: func() { r.report(func() {}) }}
	for name, source := range scripts {
		r.write(t, name, source)
		r.raw = r.raw || strings.Contains(source, "updatePhoneCall")
	}
	opts := host.Options{
		Store:   w.accounts[0].Store,
		Scripts: r.scripts,
		Quiet:   20 * time.Millisecond,
		Log:     slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: host.Observe{
			Handler: func(run script.Run) { r.report(func() { r.handlers = append(r.handlers, run) }) },
			Reload:  func(l script.Reload) { r.report(func() { r.reloads = append(r.reloads, l) }) },
			Request: func(q host.Request) { r.report(func() { r.requests = append(r.requests, q) }) },
			Entry: func(c *call.Call, e store.Entry) {
				r.report(func() { r.entries[c.ID()] = append(r.entries[c.ID()], e) })
			},
		},
	}
	for _, c := range configure {
		c(&opts)
	}
	r.host, r.stop = w.run(t, accounts, opts)
	return r
}

// traced finds an entry of a call's trace; r.mu is held.
func (r *running) traced(id int64, kind string, want func(store.Entry) bool) bool {
	return slices.ContainsFunc(r.entries[id], func(e store.Entry) bool { return e.Kind == kind && want(e) })
}

// run runs a host on some of the world's accounts until the test ends or stop
// is called; it returns when they are ready.
func (w *world) run(t testing.TB, accounts []int, opts host.Options) (h *host.Host, stop func() error) {
	t.Helper()
	for _, i := range accounts {
		opts.Accounts = append(opts.Accounts, w.accounts[i])
	}
	ready := make(chan struct{}, len(accounts))
	opts.Observe.Ready = func(*account.Account) { ready <- struct{}{} }
	h, err := host.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the host ended with: %v", err)
		}
	})
	for range accounts {
		select {
		case <-ready:
		case err := <-ended:
			t.Fatalf("the host ended early: %v", err)
		}
	}
	return h, stop
}

func (r *running) write(t testing.TB, name, source string) {
	t.Helper()
	path := filepath.Join(r.scripts, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *running) report(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits until want holds of what was reported; it is called with r.mu held.
func (r *running) await(t testing.TB, want func() bool) {
	t.Helper()
	for {
		r.mu.Lock()
		done, changed := want(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the test ended before that was reported")
		}
	}
}

// discards are the calls' discardCall requests that were answered, by call.
func (r *running) discards() map[int64][]host.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[int64][]host.Request{}
	for _, q := range r.requests {
		if args, ok := q.Args.(*tg.PhoneDiscardCallRequest); ok {
			found[args.Peer.ID] = append(found[args.Peer.ID], q)
		}
	}
	return found
}

// logBuffer keeps what the host logged.
type logBuffer struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote func()
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	b.text.Write(p)
	b.mu.Unlock()
	b.wrote()
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// failures are the errors of handlers.
func (r *running) failures() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, run := range r.handlers {
		if run.Err != nil {
			errs = append(errs, run.Err)
		}
	}
	return errs
}
