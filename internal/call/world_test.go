package call_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	evening = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	night   = call.By{Rule: "night", Script: "night.lua", Generation: "a1b2c3", Line: 4}
	other   = call.By{Script: "other.lua", Line: 12}
)

// world is an embedded Telegram with people, and a Book for the calls of one.
type world struct {
	testing.TB
	sim      *simulator.Telegram
	clock    *clock.Manual
	db       *store.Store
	path     string
	book     *call.Book
	close    func() // of the book
	ann, bob int64
	home     *line   // ann's device, whose calls the Book keeps
	tablet   *person // ann's other device
	caller   *person // bob's

	mu     sync.Mutex
	events map[int64][]string // by call
	news   chan struct{}      // closed and replaced with every event
}

// line is a client whose updates go into the Book, as an account's do.
type line struct {
	*simulator.Client
	call.Account
	deaf bool // updates do not reach it
}

// person is somebody with a phone in hand.
type person struct {
	*simulator.Client
	saw chan tg.PhoneCallClass
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, clock: clock.NewManual(evening), events: map[int64][]string{}, news: make(chan struct{})}
	w.sim = simulator.New(simulator.Options{Clock: w.clock})
	w.ann = w.add(simulator.User{Phone: "15550001", FirstName: "Ann"})
	w.bob = w.add(simulator.User{Phone: "15550002", FirstName: "Bob", LastName: "Ray", Username: "bob"})
	w.path = filepath.Join(t.TempDir(), "luahost.db")
	db, err := store.Open(store.Options{Path: w.path})
	w.must(err)
	w.db = db
	t.Cleanup(func() { _ = db.Close() }) // some tests close it before
	w.open(call.Options{})
	w.home = w.login(w.ann, "home")
	w.tablet = w.person(w.ann)
	w.caller = w.person(w.bob)
	w.book.Ready(t.Context(), w.home.Account)
	return w
}

// open starts a Book, as a new run of the host would.
func (w *world) open(o call.Options) {
	o.Clock, o.Store = w.clock, w.db
	o.Event, o.Done = w.event, func(c *call.Call) { w.event(c, "done") }
	w.book = call.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.book.Run(ctx) }()
	w.close = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(w.close)
}

func (w *world) add(u simulator.User) int64 {
	w.Helper()
	id, err := w.sim.AddUser(u)
	w.must(err)
	return id
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// login gives a device of a user whose updates reach the Book.
func (w *world) login(user int64, name string) *line {
	c := w.sim.Login(user)
	l := &line{Client: c, Account: call.Account{Name: name, User: user}}
	l.Invoker = learning{w, l}
	w.Cleanup(c.Subscribe(func(u tg.UpdatesClass) {
		if !l.deaf {
			w.feed(l.Account, u)
		}
	}))
	return l
}

// learning gives the Book also the updates that come in answers, before whoever
// asked sees them, as an account does.
type learning struct {
	w *world
	l *line
}

func (i learning) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	err := i.l.Client.Invoke(ctx, in, out)
	if box, ok := out.(*tg.UpdatesBox); ok && err == nil {
		i.w.feed(i.l.Account, box.Updates)
	}
	return err
}

func (w *world) feed(a call.Account, u tg.UpdatesClass) {
	all := u.(*tg.Updates)
	for _, one := range all.Updates {
		switch one := one.(type) {
		case *tg.UpdatePhoneCall:
			w.book.Update(a, one, all.Users)
		case *tg.UpdateNewMessage:
			if m, ok := one.Message.(*tg.MessageService); ok {
				w.book.Message(a, m, all.Users)
			}
		}
	}
}

func (w *world) person(user int64) *person {
	p := &person{w.sim.Login(user), make(chan tg.PhoneCallClass, 100)}
	w.Cleanup(p.Subscribe(func(u tg.UpdatesClass) {
		for _, one := range u.(*tg.Updates).Updates {
			if one, ok := one.(*tg.UpdatePhoneCall); ok {
				p.saw <- one.PhoneCall
			}
		}
	}))
	return p
}

// awaits returns the next update of a kind, and drops those before.
func awaits[T tg.PhoneCallClass](p *person) T {
	for {
		if one, ok := (<-p.saw).(T); ok {
			return one
		}
	}
}

func (w *world) event(c *call.Call, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[c.ID()] = append(w.events[c.ID()], name)
	close(w.news)
	w.news = make(chan struct{})
}

// await returns when an event of a call has come.
func (w *world) await(c *call.Call, name string) {
	for {
		w.mu.Lock()
		came, news := slices.Contains(w.events[c.ID()], name), w.news
		w.mu.Unlock()
		if came {
			return
		}
		<-news
	}
}

// saw gives the events of a call that is over.
func (w *world) saw(c *call.Call) string {
	w.await(c, "done")
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.events[c.ID()], " ")
}

// ring has bob call ann, and gives both ends once it rings.
func (w *world) ring() (*simulator.End, *call.Call) {
	w.Helper()
	end, err := w.caller.Ring(w.Context(), w.ann, false)
	w.must(err)
	c, ok := w.book.Find(w.ann, end.ID())
	if !ok {
		w.Fatal("the call did not come")
	}
	w.must(c.Wait(w.Context(), call.Ringing))
	return end, c
}

// answered is ring, accepted by rule "night" and confirmed by bob.
func (w *world) answered() (*simulator.End, *call.Call) {
	w.Helper()
	end, c := w.ring()
	w.must(c.Accept(w.Context(), night))
	w.must(end.Confirm(w.Context(), awaits[*tg.PhoneCallAccepted](w.caller)))
	w.await(c, call.EventActive)
	return end, c
}

// onTablet is ann's other end of a call that rings.
func (w *world) onTablet() *simulator.End {
	return w.tablet.Answering(awaits[*tg.PhoneCallRequested](w.tablet))
}

// record is what Telegram has of a call.
func (w *world) record(id int64) simulator.Call {
	for _, c := range w.sim.Calls() {
		if c.ID == id {
			return c
		}
	}
	w.Fatal("Telegram has no such call")
	return simulator.Call{}
}

// row is what the log has of one of ann's calls.
func (w *world) row(id int64) store.Call {
	w.Helper()
	row, ok, err := w.db.CallOf(w.Context(), w.ann, id)
	w.must(err)
	if !ok {
		w.Fatal("the log does not have the call")
	}
	return row
}

// wantOutcome waits for a call's end.
func (w *world) wantOutcome(c *call.Call, want call.Outcome) {
	w.Helper()
	<-c.Over()
	if c.Outcome() != want || c.State() != call.Ended {
		w.Errorf("%s, %q; want %q", c.State(), c.Outcome(), want)
	}
	if row := w.row(c.ID()); row.Outcome != string(want) || row.State != store.Ended {
		w.Errorf("the log has %s, %q; want %q", row.State, row.Outcome, want)
	}
}
