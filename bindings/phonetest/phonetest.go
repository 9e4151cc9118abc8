// Package phonetest puts scripts to work on two accounts of an embedded Telegram:
// real VMs, rules and calls, a database, and a clock that stands still. The tests
// of the bindings ring here, and so do the examples of docs/reference. It joins
// the parts as a host does, without connections.
package phonetest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings"
	"luahost/bindings/calls"
	"luahost/bindings/event"
	"luahost/bindings/http"
	"luahost/bindings/message"
	"luahost/bindings/timer"
	"luahost/bindings/tl"
	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/permission"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// Evening is when a World begins: a friday, an hour before midnight in Berlin.
var Evening = time.Date(2026, 3, 6, 22, 0, 0, 0, time.UTC)

// World is what scripts live in. The first account, "home", is the one that
// people ring unless a test says otherwise.
type World struct {
	testing.TB
	*script.Host
	Clock      *clock.Manual
	Telegram   *simulator.Telegram
	Book       *call.Book
	Store      *store.Store
	Schedule   *schedule.Engine
	Home, Work *Line
	Within     time.Duration  // decide_within
	Zone       *time.Location // of the host
	Blocked    func(ctx context.Context, user int64) (bool, error)
	Unseen     bool // no access hash is known but those that come along

	http   *http.Module
	dir    string
	ctx    context.Context
	asking sync.WaitGroup
	lines  map[string]*Line

	written atomic.Int64 // messages of people

	mu      sync.Mutex
	changed *sync.Cond
	runs    []script.Run
	events  []string // "call.ended declined"
	notes   []string
	timers  map[time.Duration]int // that scripts and rules have set
	asked   map[int64]bool        // calls that the rules were asked about
	calls   map[lineCall]*call.Call
}

// Line is an account of the host.
type Line struct {
	Name   string
	ID     int64
	Client *simulator.Client
	world  *World
}

// New makes a world whose clock shows at, and loads the scripts, by name. What a
// script notes with note(…) is for Notes.
func New(t testing.TB, at time.Time, scripts map[string]string) *World {
	t.Helper()
	w, err := Load(t, at, scripts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Load is New where a script may be wrong: it returns what is.
func Load(t testing.TB, at time.Time, scripts map[string]string) (*World, error) {
	t.Helper()
	w := &World{TB: t, Clock: clock.NewManual(at), Zone: time.UTC, dir: t.TempDir(), lines: map[string]*Line{}, timers: map[time.Duration]int{}, asked: map[int64]bool{}, calls: map[lineCall]*call.Call{}}
	w.changed = sync.NewCond(&w.mu)
	w.Blocked = func(context.Context, int64) (bool, error) { return false, nil }
	w.Telegram = simulator.New(simulator.Options{Clock: w.Clock})
	var err error
	if w.Store, err = store.Open(store.Options{Path: filepath.Join(w.dir, "luahost.db"), Clock: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.Book = call.New(call.Options{Clock: w.Clock, Store: w.Store, Begin: w.begin, Event: w.event, Done: func(c *call.Call) { c.Held().(*script.Pin).Release() }})
	w.Schedule = schedule.New(schedule.Options{
		Clock: told{w.Clock, w}, Store: w.Store,
		Fire: func(ctx context.Context, f schedule.Firing, ended func(error)) schedule.Start {
			return timer.Fire(ctx, w.Host, w.as, f, ended)
		},
	})
	w.Home = w.line("home", simulator.User{Phone: "15550001", FirstName: "Hans"})
	w.Work = w.line("work", simulator.User{Phone: "15550002", FirstName: "Wanda"})
	return w, w.load(scripts)
}

func (w *World) load(scripts map[string]string) error {
	folder := filepath.Join(w.dir, "scripts")
	w.must(os.Mkdir(folder, 0o700))
	for name, source := range scripts {
		path := filepath.Join(folder, name)
		w.must(os.MkdirAll(filepath.Dir(path), 0o700)) // of a module
		w.must(os.WriteFile(path, []byte(source), 0o600))
	}
	permissions := permission.Standard() // as scripts have them where the configuration says nothing
	telegram := tl.New(tl.Options{
		Invoker: w, Peers: w,
		Block: func(L *lua.LState, fn func(context.Context)) error { return script.RuntimeOf(L).Block(L, fn) },
		Allow: func(L *lua.LState, method string, _ bin.Object) error {
			return permissions.Check(script.RuntimeOf(L).Script(), method)
		},
	})
	w.http = http.New(http.Options{Error: telegram.ErrorTable})
	w.Host = script.New(script.Options{
		Dir: folder, Clock: told{w.Clock, w}, Log: slog.New(slog.DiscardHandler),
		Open:       func(rt *script.Runtime) { w.open(rt, telegram) },
		CheckEvent: func(name string) error { return event.Check(name, telegram.Updates()) },
		OnHandler:  func(r script.Run) { w.change(func() { w.runs = append(w.runs, r) }) },
	})
	w.must(w.Host.Load())
	w.run()
	for _, s := range w.Status() {
		if s.LastError != nil {
			return s.LastError
		}
	}
	return nil
}

func (w *World) open(rt *script.Runtime, telegram *tl.Module) {
	bindings.Open(rt, bindings.World{
		Telegram: telegram, Book: w.Book, Store: w.Store, Timers: w.Schedule, HTTP: w.http,
		Accounts: func() []string { return []string{"home", "work"} }, As: w.as, Account: w.account, Location: w.Zone,
	})
	rt.State().SetGlobal("note", rt.State().NewFunction(func(L *lua.LState) int {
		var words []string
		for i := range L.GetTop() {
			words = append(words, L.ToStringMeta(L.Get(i+1)).String())
		}
		w.change(func() { w.notes = append(w.notes, strings.Join(words, " ")) })
		return 0
	}))
}

// run serves until the test ends.
func (w *World) run() {
	ctx, cancel := context.WithCancel(context.Background())
	w.ctx = ctx
	var serving sync.WaitGroup
	serving.Go(func() { _ = w.Host.Run(ctx) })
	serving.Go(func() { _ = w.Book.Run(ctx) })
	serving.Go(func() { _ = w.Schedule.Run(ctx) })
	w.Cleanup(func() {
		cancel()
		serving.Wait()
		w.asking.Wait()
		if err := w.Store.Close(); err != nil {
			w.Error(err)
		}
	})
}

func (w *World) line(name string, u simulator.User) *Line {
	l := &Line{Name: name, ID: w.add(u), world: w}
	l.Client = w.Telegram.Login(l.ID)
	w.Cleanup(l.Client.Subscribe(l.feed))
	w.lines[name] = l
	return l
}

// Person adds somebody who can ring.
func (w *World) Person(u simulator.User) *simulator.Client {
	if u.Phone == "" {
		u.Phone = "1777" + strconv.Itoa(1_000_000+len(w.Telegram.Users()))
	}
	return w.Telegram.Login(w.add(u))
}

func (w *World) add(u simulator.User) int64 {
	id, err := w.Telegram.AddUser(u)
	w.must(err)
	return id
}

func (w *World) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

type lineKey struct{}

func (w *World) as(ctx context.Context, account string) (context.Context, bool) {
	l, ok := w.lines[account]
	return context.WithValue(ctx, lineKey{}, l), ok
}

// account is the name of the line whose event ctx is of.
func (w *World) account(ctx context.Context) string {
	if l, ok := ctx.Value(lineKey{}).(*Line); ok {
		return l.Name
	}
	return ""
}

func (w *World) of(ctx context.Context) *Line {
	if l, ok := ctx.Value(lineKey{}).(*Line); ok {
		return l
	}
	return w.Home
}

// Invoke implements tg.Invoker, for scripts.
func (w *World) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	l := w.of(ctx)
	return w.Book.Invoke(ctx, l.account(), calls.By(ctx), in, out)
}

// Call implements tl.Peers.
func (w *World) Call(ctx context.Context, id int64) (int64, bool) {
	c, ok := w.Book.Find(w.of(ctx).ID, id)
	if !ok {
		return 0, false
	}
	return c.Peer().AccessHash, true
}

// Peer implements tl.Peers: everybody has been seen, or nobody.
func (w *World) Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool) {
	u, ok := w.of(ctx).Client.InputUser(id).(*tg.InputUser)
	if !ok || w.Unseen {
		return nil, false
	}
	return &tg.InputPeerUser{UserID: u.UserID, AccessHash: u.AccessHash}, true
}

// Username implements tl.Peers.
func (w *World) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	found, err := tg.NewClient(w.of(ctx).Client).ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: name})
	if err != nil {
		return nil, err
	}
	id := found.Peer.(*tg.PeerUser).UserID
	peer, _ := w.Peer(ctx, id)
	return peer, nil
}

// account is the line as calls see it: what its requests' answers bring is an
// update too.
func (l *Line) account() call.Account {
	return call.Account{Name: l.Name, User: l.ID, Invoker: l}
}

// Invoke implements tg.Invoker.
func (l *Line) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	err := l.Client.Invoke(ctx, in, out)
	if box, ok := out.(*tg.UpdatesBox); ok && err == nil {
		l.feed(box.Updates)
	}
	return err
}

// feed takes in updates of the line.
func (l *Line) feed(u tg.UpdatesClass) {
	all, ok := u.(*tg.Updates)
	if !ok {
		return
	}
	w := l.world
	for _, u := range all.Updates {
		switch u := u.(type) {
		case *tg.UpdatePhoneCall:
			w.Book.Update(l.account(), u, all.Users)
		case *tg.UpdateNewMessage:
			if m, ok := u.Message.(*tg.MessageService); ok {
				w.Book.Message(l.account(), m, all.Users)
			}
			if m, ok := message.Incoming(l.Name, u, all.Users); ok {
				ctx, _ := w.as(w.ctx, l.Name)
				w.Dispatch(ctx, script.Event{Name: "message", Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
					return []lua.LValue{message.New(rt, L, m)}
				}})
			}
		}
	}
}
