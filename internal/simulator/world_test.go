package simulator_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"go.uber.org/goleak"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(whole{m}) }

var evening = time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)

// world is a Telegram with a few people, on a clock that stands still.
type world struct {
	*testing.T
	sim        *simulator.Telegram
	clock      *clock.Manual
	ann, bob   int64 // have saved each other
	carol, dan int64 // strangers to everybody
	robot      int64
	changes    []simulator.Call // what OnCall got
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: clock.NewManual(evening)}
	w.sim = simulator.New(simulator.Options{Clock: w.clock, Log: slog.New(answered), OnCall: func(c simulator.Call) {
		w.changes = append(w.changes, c)
	}})
	w.ann = w.add(simulator.User{Phone: "+1 555 0001", FirstName: "Ann", LastName: "Lee", Username: "ann"})
	w.bob = w.add(simulator.User{Phone: "15550002", FirstName: "Bob", Username: "Bob"})
	w.carol = w.add(simulator.User{Phone: "15550003", FirstName: "Carol"})
	w.dan = w.add(simulator.User{Phone: "15550004", FirstName: "Dan"})
	w.robot = w.add(simulator.User{Bot: true, BotToken: "1:robot", FirstName: "Robot", Username: "robot"})
	w.must(w.sim.AddContact(w.ann, w.bob))
	w.must(w.sim.AddContact(w.bob, w.ann))
	return w
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

// device is a client with a typed API, and the updates that it got.
type device struct {
	*simulator.Client
	api *tg.Client

	deaf func() // stops the updates

	mu  sync.Mutex
	got []*tg.Updates
}

// login gives one more device of a user.
func (w *world) login(userID int64) *device {
	c := w.sim.Login(userID)
	d := &device{Client: c, api: tg.NewClient(c)}
	d.listen()
	w.Cleanup(func() { d.deaf() })
	return d
}

func (d *device) listen() {
	d.deaf = d.Subscribe(func(u tg.UpdatesClass) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.got = append(d.got, u.(*tg.Updates))
	})
}

// take gives the updates since the last time.
func (d *device) take() (updates []tg.UpdateClass) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, u := range d.got {
		updates = append(updates, u.Updates...)
	}
	d.got = nil
	return updates
}

// heard is take, in words.
func (d *device) heard() string {
	var words []string
	for _, u := range d.take() {
		words = append(words, describe(u))
	}
	return strings.Join(words, "; ")
}

// describe says in a few words what a test wants to know of an update.
func describe(u tg.UpdateClass) string {
	switch u := u.(type) {
	case *tg.UpdatePhoneCall:
		return describeCall(u.PhoneCall)
	case *tg.UpdateNewMessage:
		return describeMessage(u.Message)
	case *tg.UpdatePhoneCallSignalingData:
		return "signaling " + string(u.Data)
	case *tg.UpdateMessageID:
		return fmt.Sprintf("message %d is random %d", u.ID, u.RandomID)
	case *tg.UpdatePeerBlocked:
		return fmt.Sprintf("blocked %v", u.Blocked)
	case *tg.UpdatePeerSettings:
		return fmt.Sprintf("stranger %v", u.Settings.AddContact)
	}
	return u.TypeName()
}

func describeCall(c tg.PhoneCallClass) string {
	switch c := c.(type) {
	case *tg.PhoneCallWaiting:
		if _, ok := c.GetReceiveDate(); ok {
			return "waiting, rings"
		}
		return "waiting"
	case *tg.PhoneCallDiscarded:
		return "discarded" + describeEnd(c.GetReason())(c.GetDuration())
	}
	return strings.ToLower(strings.TrimPrefix(c.TypeName(), "phoneCall"))
}

func describeMessage(m tg.MessageClass) string {
	switch m := m.(type) {
	case *tg.Message:
		return fmt.Sprintf("%s %q", side(m.Out), m.Message)
	case *tg.MessageService:
		a := m.Action.(*tg.MessageActionPhoneCall)
		return side(m.Out) + " call" + describeEnd(a.GetReason())(a.GetDuration())
	}
	return m.TypeName()
}

func describeEnd(reason tg.PhoneCallDiscardReasonClass, given bool) func(int, bool) string {
	words := ""
	if given {
		words = " " + strings.ToLower(strings.TrimPrefix(reason.TypeName(), "phoneCallDiscardReason"))
	}
	return func(duration int, given bool) string {
		if given {
			words += fmt.Sprintf(" after %d s", duration)
		}
		return words
	}
}

func side(out bool) string {
	if out {
		return "out"
	}
	return "in"
}

// refusal is "400 CALL_PEER_INVALID" for such an error, "" for none.
func refusal(err error) string {
	var refused *tgerr.Error
	if errors.As(err, &refused) {
		return fmt.Sprintf("%d %s", refused.Code, refused.Message)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (w *world) equal(what string, got, want any) {
	w.Helper()
	if got != want {
		w.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (w *world) refused(what string, err error, want string) {
	w.Helper()
	w.equal(what, refusal(err), want)
}

// requested finds the ringing call among what a device got.
func (w *world) requested(d *device) *tg.PhoneCallRequested {
	w.Helper()
	return find[*tg.PhoneCallRequested](w, d)
}

// find takes a device's updates and gives the call in the state that is wanted.
func find[C tg.PhoneCallClass](w *world, d *device) C {
	w.Helper()
	var zero C
	updates := d.take()
	at := slices.IndexFunc(updates, func(u tg.UpdateClass) bool {
		call, ok := u.(*tg.UpdatePhoneCall)
		if !ok {
			return false
		}
		_, ok = call.PhoneCall.(C)
		return ok
	})
	if at < 0 {
		w.Fatalf("no %T among %v", zero, updates)
	}
	return updates[at].(*tg.UpdatePhoneCall).PhoneCall.(C)
}
