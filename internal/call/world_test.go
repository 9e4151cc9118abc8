package call_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var evening = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

// world is an embedded Telegram with people, and a Book for some of them.
type world struct {
	testing.TB
	sim      *simulator.Telegram
	clock    *clock.Manual
	store    *store.Store
	book     *call.Book
	ann, bob int64
	host     *line // ann's, whose calls the Book keeps

	mu     sync.Mutex
	events []string
	news   chan struct{} // closed and replaced with every event
}

// line is a client whose updates go into the Book, as an account's do.
type line struct {
	*simulator.Client
	call.Account
}

func newWorld(t testing.TB, db *store.Store) *world {
	t.Helper()
	w := &world{TB: t, clock: clock.NewManual(evening), store: db, news: make(chan struct{})}
	w.sim = simulator.New(simulator.Options{Clock: w.clock})
	w.ann = w.add(simulator.User{Phone: "15550001", FirstName: "Ann"})
	w.bob = w.add(simulator.User{Phone: "15550002", FirstName: "Bob", LastName: "Ray", Username: "bob"})
	w.open(call.Options{Clock: w.clock, Store: db, Event: w.event, Done: func(c *call.Call) { w.event(c, "done") }})
	w.host = w.login(w.ann, "home")
	w.book.Ready(t.Context(), w.host.Account)
	return w
}

func (w *world) open(o call.Options) {
	w.book = call.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.book.Run(ctx) }()
	w.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
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
	l := &line{c, call.Account{Name: name, User: user, Invoker: c}}
	w.Cleanup(c.Subscribe(func(u tg.UpdatesClass) {
		all := u.(*tg.Updates)
		for _, one := range all.Updates {
			switch one := one.(type) {
			case *tg.UpdatePhoneCall:
				w.book.Update(l.Account, one, all.Users)
			case *tg.UpdateNewMessage:
				if m, ok := one.Message.(*tg.MessageService); ok {
					w.book.Message(l.Account, m, all.Users)
				}
			}
		}
	}))
	return l
}

func (w *world) event(c *call.Call, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, name)
	close(w.news)
	w.news = make(chan struct{})
}

// await returns when the n-th event of that name has come.
func (w *world) await(name string, n int) {
	for {
		w.mu.Lock()
		count := 0
		for _, e := range w.events {
			if e == name {
				count++
			}
		}
		news := w.news
		w.mu.Unlock()
		if count >= n {
			return
		}
		<-news
	}
}

func (w *world) saw() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

// ring has bob call ann, and gives both ends once it rings.
func (w *world) ring() (*simulator.End, *call.Call) {
	w.Helper()
	end, err := w.sim.Login(w.bob).Ring(w.Context(), w.ann, false)
	w.must(err)
	c, ok := w.book.Find(w.ann, end.ID())
	if !ok {
		w.Fatal("the call did not come")
	}
	w.must(c.Wait(w.Context(), call.Ringing))
	return end, c
}
