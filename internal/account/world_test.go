package account_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"luahost/internal/account"
	"luahost/internal/clock"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
	"luahost/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// serverKey is the key of every world's server: to make one takes a while.
var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// world is an embedded Telegram behind TCP, with a user Ann, whose account is
// under test, and Bob, who calls and writes. The server knows two keys from the
// start, so that only a test of the key exchange pays for one.
type world struct {
	testing.TB
	telegram *simulator.Telegram
	server   *server.Server
	keys     []server.Key
	ann, bob int64
	friend   *simulator.Client // Bob's
	dir      string
	store    *store.Store
	log      *logbook
	updates  chan account.Update
	clock    clock.Clock     // of the server's messages
	key      *rsa.PrivateKey // of the server
	stop     func()          // the server
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		TB: t, telegram: simulator.New(simulator.Options{}), dir: t.TempDir(),
		log: newLogbook(), key: serverKey(), updates: make(chan account.Update, 1000),
	}
	w.ann = w.user(simulator.User{Phone: "15550001", FirstName: "Ann"})
	w.bob = w.user(simulator.User{Phone: "15550002", FirstName: "Bob", Username: "Bob_the_friend"})
	w.friend = w.telegram.Login(w.bob)
	for range 2 {
		var key crypto.Key
		_, _ = rand.Read(key[:])
		w.keys = append(w.keys, server.Key{AuthKey: key.WithID()})
	}
	w.serve("127.0.0.1:0")
	var err error
	if w.store, err = store.Open(store.Options{Path: filepath.Join(w.dir, "luahost.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	return w
}

func (w *world) user(u simulator.User) int64 {
	w.Helper()
	id, err := w.telegram.AddUser(u)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) serve(addr string) {
	w.Helper()
	s, err := server.Listen(server.Options{Addr: addr, Telegram: w.telegram, Key: w.key, Keys: w.keys, Clock: w.clock})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			w.Error(err)
		}
	})
	w.server = s
	w.stop = func() {
		cancel()
		running.Wait()
	}
	w.Cleanup(w.stop)
}

// options are Ann's. They may be changed before New.
func (w *world) options() account.Options {
	return account.Options{
		Name: "main", Phone: "+15550001", APIID: 1, APIHash: "hash",
		Server: w.server.Addr().String(), ServerKey: &serverKey().PublicKey,
		Dir: w.dir, Store: w.store, Log: slog.New(w.log),
		OnUpdate: func(u account.Update) { w.updates <- u },
	}
}

func (w *world) account(o account.Options) *account.Account {
	w.Helper()
	a, err := account.New(o)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// saveSession gives the account a session with one of the server's keys.
func (w *world) saveSession(name string, key server.Key) {
	w.Helper()
	data, err := json.Marshal(map[string]any{"Version": 1, "Data": session.Data{DC: 2, AuthKey: key.Value[:], AuthKeyID: key.ID[:]}})
	if err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(w.sessionPath(name), data, 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) sessionPath(name string) string { return filepath.Join(w.dir, name+".session") }

// logIn makes the session of the key one that Ann has logged in with.
func (w *world) logIn() {
	w.Helper()
	api := tg.NewClient(w.telegram.Client(w.keys[0].ID))
	sent, err := api.AuthSendCode(w.Context(), &tg.AuthSendCodeRequest{PhoneNumber: "15550001", APIID: 1, APIHash: "hash"})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := api.AuthSignIn(w.Context(), &tg.AuthSignInRequest{
		PhoneNumber: "15550001", PhoneCode: simulator.LoginCode, PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash,
	}); err != nil {
		w.Fatal(err)
	}
	w.saveSession("main", w.keys[0])
}

// running is an account in Run.
type running struct {
	*account.Account
	w    *world
	stop context.CancelFunc
	done chan error
}

// run starts Run and waits until it is ready.
func (w *world) run(o account.Options) *running {
	w.Helper()
	r, ready := w.start(o)
	select {
	case <-ready:
	case err := <-r.done:
		w.Fatalf("Run ended before it was ready: %v", err)
	case <-time.After(patience):
		w.Fatalf("not ready\n%s", w.log)
	}
	return r
}

func (w *world) start(o account.Options) (r *running, ready chan struct{}) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r = &running{Account: w.account(o), w: w, stop: cancel, done: make(chan error, 1)}
	ready = make(chan struct{})
	var run sync.WaitGroup
	run.Go(func() { r.done <- r.Run(ctx, func() { close(ready) }) })
	w.Cleanup(func() {
		cancel()
		run.Wait()
	})
	return r, ready
}

// ended is what Run returned.
func (r *running) ended() error {
	r.w.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		r.w.Fatalf("Run goes on\n%s", r.w.log)
		return nil
	}
}

// next waits for an update that fits.
func next[U tg.UpdateClass](w *world, fits func(U) bool) account.Update {
	w.Helper()
	late := time.After(patience)
	for {
		select {
		case u := <-w.updates:
			if it, ok := u.Update.(U); ok && fits(it) {
				return u
			}
		case <-late:
			var none U
			w.Fatalf("no %T came\n%s", none, w.log)
		}
	}
}

// message waits for the message with that text and fails if another comes first.
func (w *world) message(text string) *tg.Message {
	w.Helper()
	u := next(w, func(*tg.UpdateNewMessage) bool { return true })
	m, ok := u.Update.(*tg.UpdateNewMessage).Message.(*tg.Message)
	if !ok || m.Message != text {
		w.Fatalf("message %+v, want %q", m, text)
	}
	return m
}

// write has Bob write to Ann.
func (w *world) write(text string) {
	w.Helper()
	ann := w.friend.InputUser(w.ann).(*tg.InputUser)
	_, err := tg.NewClient(w.friend).MessagesSendMessage(w.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerUser{UserID: ann.UserID, AccessHash: ann.AccessHash}, Message: text, RandomID: randomID(),
	})
	if err != nil {
		w.Fatal(err)
	}
}

func randomID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	var id int64
	for _, c := range b {
		id = id<<8 | int64(c)
	}
	return id
}

// ring has Bob call Ann, and returns what Ann is told.
func (w *world) ring() *tg.PhoneCallRequested {
	w.Helper()
	if _, err := w.friend.Ring(w.Context(), w.ann, false); err != nil {
		w.Fatal(err)
	}
	u := next(w, func(u *tg.UpdatePhoneCall) bool {
		_, rings := u.PhoneCall.(*tg.PhoneCallRequested)
		return rings
	})
	return u.Update.(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallRequested)
}

// logbook keeps the log for tests to read and to wait for.
type logbook struct {
	mu      *sync.Mutex
	text    *strings.Builder
	changed *sync.Cond
	inner   slog.Handler
}

func newLogbook() *logbook {
	l := &logbook{mu: new(sync.Mutex), text: new(strings.Builder)}
	l.changed = sync.NewCond(l.mu)
	l.inner = slog.NewTextHandler(l.text, &slog.HandlerOptions{Level: slog.LevelDebug})
	return l
}

func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }

func (l *logbook) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.changed.Broadcast()
	return l.inner.Handle(ctx, r)
}

func (l *logbook) with(inner slog.Handler) slog.Handler {
	return &logbook{mu: l.mu, text: l.text, changed: l.changed, inner: inner}
}
func (l *logbook) WithAttrs(a []slog.Attr) slog.Handler { return l.with(l.inner.WithAttrs(a)) }
func (l *logbook) WithGroup(name string) slog.Handler   { return l.with(l.inner.WithGroup(name)) }

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count says how many lines contain text.
func (l *logbook) count(text string) int { return strings.Count(l.String(), text) }

// await waits for the nth line with text.
func (l *logbook) await(t testing.TB, text string, n int) {
	t.Helper()
	late := time.AfterFunc(patience, func() { l.changed.Broadcast() })
	defer late.Stop()
	deadline := time.Now().Add(patience)
	l.mu.Lock()
	defer l.mu.Unlock()
	for strings.Count(l.text.String(), text) < n {
		if !time.Now().Before(deadline) {
			t.Fatalf("%q is not %d times in the log:\n%s", text, n, l.text)
		}
		l.changed.Wait()
	}
}

// line is that err has one line, which holds all of the texts.
func line(t testing.TB, err error, texts ...string) {
	t.Helper()
	got := fmt.Sprint(err)
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("the error is\n%s\nwithout %q", got, text)
		}
	}
	if err == nil || strings.Contains(got, "\n") {
		t.Errorf("the error is no line:\n%s", got)
	}
}
