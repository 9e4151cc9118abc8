package account_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/account"
	"luahost/internal/clock"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// full says that tests need not be short.
var full = os.Getenv("LUAHOST_FULL") != ""

func inFull(t *testing.T) {
	t.Helper()
	if !full {
		t.Skip("takes long: set LUAHOST_FULL")
	}
}

// shifted is a clock that is wrong.
type shifted struct {
	clock.Clock
	by atomic.Int64
}

func (s *shifted) Now() time.Time { return s.Clock.Now().Add(time.Duration(s.by.Load())) }

func (s *shifted) set(by time.Duration) { s.by.Store(int64(by)) }

// unwanted fails for lines of the log that are there more than n times.
func (w *world) unwanted(text string, n int) {
	w.Helper()
	if got := w.log.count(text); got > n {
		w.Errorf("%q is %d times in the log, not %d:\n%s", text, got, n, w.log)
	}
}

// Between this computer's clock and Telegram's all that matters is the
// difference: the server's is moved here.
func TestClockIsWrong(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{time.Hour, -time.Hour, 40 * time.Second, -40 * time.Second} {
		t.Run(off.String(), func(t *testing.T) {
			w := newWorld(t)
			theirs := &shifted{Clock: clock.System{}}
			theirs.set(-off)
			w.stop()
			w.clock = theirs
			w.serve("127.0.0.1:0")
			w.logIn()
			w.run(w.options())
			w.ring()
			w.log.await(t, `"this computer's clock is wrong, going by the server's"`, 1)
			w.log.await(t, "off="+off.String(), 1)
			w.unwanted("level=WARN", 1)
		})
	}
}

// A clock may be set while luahost runs.
func TestClockBecomesWrong(t *testing.T) {
	w := newWorld(t)
	theirs, link := &shifted{Clock: clock.System{}}, newManual()
	w.stop()
	w.clock = theirs
	w.serve("127.0.0.1:0")
	w.logIn()
	o := w.options()
	o.LinkClock = link
	w.run(o)
	for n, by := range []time.Duration{time.Minute, time.Hour, 2 * time.Hour} { // the server's numbers do not go back
		theirs.set(by)
		var text string
		for i := range 2 { // the first look may find a message that was on its way
			link.AwaitTimers(1)
			link.Advance(5 * time.Second)
			link.AwaitTimers(1) // from here on it looks at the server's time
			text = fmt.Sprintf("message %d, %d", n, i)
			w.write(text)
		}
		w.log.await(t, "clock is wrong", n+1)
		w.log.await(t, "connected again", n+1)
		next(w, func(u *tg.UpdateNewMessage) bool {
			m, ok := u.Message.(*tg.Message)
			return ok && m.Message == text
		})
	}
	w.unwanted("level=WARN", 3)
}

// A computer that wakes up has connections of which nobody else knows.
func TestComputerSleeps(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	network := newProxy(t, w.server.Addr().String(), spoiled{})
	manual := newManual()
	wall := &shifted{Clock: manual}
	o := w.options()
	o.Server, o.LinkClock = network.addr(), wall
	w.run(o)
	manual.AwaitTimers(1)
	network.freeze()
	w.write("while it sleeps")
	wall.set(8 * time.Hour) // and no timer fires meanwhile
	manual.Advance(5 * time.Second)
	w.log.await(t, `"this computer slept, or its clock was set: connecting again"`, 1)
	w.log.await(t, "for=8h0m0s", 1)
	w.log.await(t, "connected again", 1)
	w.message("while it sleeps")
	w.unwanted("level=WARN", 1)
}

// A connection may die without a word.
func TestHalfOpenConnection(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	network := newProxy(t, w.server.Addr().String(), spoiled{})
	link := newManual()
	o := w.options()
	o.Server, o.LinkClock = network.addr(), link
	a := w.run(o)
	network.freeze()
	w.write("unheard")
	for range 8 { // beats, and the question that nobody answers
		link.AwaitTimers(1)
		link.Advance(5 * time.Second)
	}
	w.log.await(t, `"the server does not answer, connecting again"`, 1)
	w.log.await(t, "connected again", 1)
	w.message("unheard")
	if err := getState(t.Context(), a); err != nil {
		t.Errorf("a request: %v", err)
	}
	w.unwanted("level=WARN", 1)
}

// A server that lives is left in peace, however little there is to say.
func TestQuietConnection(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	link := newManual()
	o := w.options()
	o.LinkClock = link
	a := w.run(o)
	for range 5 {
		for range 5 {
			link.AwaitTimers(1)
			link.Advance(5 * time.Second)
		}
		if err := getState(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	w.unwanted("level=WARN", 0)
}

// Telegram, or what has taken its place, does not know where we were.
func TestPlaceAmongTheUpdatesIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	w.write("before")
	w.store.NoteUpdateState(w.ann, store.UpdateState{Pts: 1000, Date: 1})
	w.run(w.options())
	w.log.await(t, `"Telegram does not know how far its updates were read, going on from now"`, 1)
	w.write("after")
	w.message("after")
	w.unwanted("level=WARN", 1)
}

// What Telegram cannot do now it may do in a moment, where it is safe to ask.
func TestRequestsAreRepeated(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	clock := newManual()
	o := w.options()
	o.Clock = clock
	a := w.run(o)
	api := tg.NewClient(a)
	w.ring() // so that Bob is known
	bob, _ := a.Peer(t.Context(), w.bob)
	read := func() error { return getState(t.Context(), a) }
	write := func() error {
		_, err := api.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: bob, Message: "once", RandomID: 77})
		return err
	}
	resend := func() error {
		_, err := api.AuthResendCode(t.Context(), &tg.AuthResendCodeRequest{})
		return err
	}
	internal := simulator.Refuse(500, "INTERNAL")
	for _, test := range []struct {
		name  string
		fault simulator.Fault
		send  func() error
		again int    // how often it is sent again
		fails string // the type of the error
	}{
		{"once", simulator.Fault{Err: internal}, read, 1, ""},
		{"timeout", simulator.Fault{Err: simulator.Refuse(-503, "Timeout"), Times: 3}, read, 3, ""},
		{"for good", simulator.Fault{Err: internal, Times: 4}, read, 3, "INTERNAL"},
		{"about the request", simulator.Fault{Err: simulator.Refuse(500, "CALL_OCCUPY_FAILED")}, read, 0, "CALL_OCCUPY_FAILED"},
		{"unsafe", simulator.Fault{Err: internal}, resend, 0, "INTERNAL"},
		{"done, and then told", simulator.Fault{Err: internal, After: true}, write, 1, "INTERNAL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := w.log.count("sending it again")
			defer w.telegram.Inject(test.fault)()
			done := make(chan error, 1)
			go func() { done <- test.send() }()
			for n := range test.again {
				w.log.await(t, "sending it again", before+n+1)
				clock.AwaitTimers(1)
				clock.Advance(3 * time.Second)
			}
			err := <-done
			if test.fails == "" && err != nil || test.fails != "" && !tgerr.Is(err, test.fails) {
				t.Errorf("the error is %v", err)
			}
			w.unwanted("sending it again", before+test.again)
		})
	}
	sent := 0
	for _, m := range w.received(w.bob) {
		if m == "once" {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("the message was sent %d times", sent)
	}
}

// A request that is refused for its time is sent again at the right one.
func TestClockIsSetBetweenTwoRequests(t *testing.T) {
	inFull(t) // gotd sends again after five seconds
	w := newWorld(t)
	theirs := &shifted{Clock: clock.System{}}
	w.stop()
	w.clock = theirs
	w.serve("127.0.0.1:0")
	w.logIn()
	a := w.run(w.options())
	theirs.set(time.Hour)
	if err := getState(t.Context(), a); err != nil {
		t.Errorf("the error is %v", err)
	}
	w.log.await(t, "clock is wrong", 1)
	w.unwanted("level=WARN", 1)
}

// What takes the server's place at its address is not always the same server.
func TestServerIsRestarted(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(w *world)
		ends   error // nil: the account goes on
		text   string
	}{
		"as it was":                {func(*world) {}, nil, ""},
		"with another key for all": {func(w *world) { w.key, w.keys = other, nil }, account.ErrWrongKey, "get the public key of 127.0.0.1:"},
		"with its key alone":       {func(w *world) { w.keys = nil }, account.ErrUnauthorized, "the server does not know the session file"},
		"with another key to come": {func(w *world) { w.key = other }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "with its key alone" {
				inFull(t) // gotd sends again after five seconds
			}
			w := newWorld(t)
			w.logIn()
			a := w.run(w.options())
			addr := w.server.Addr().String()
			w.stop()
			w.log.await(t, "connection lost, trying again", 1)
			test.change(w)
			w.serve(addr)
			if test.ends == nil {
				w.log.await(t, "connected again", 1)
				w.ring()
				w.unwanted("level=WARN", 1)
				return
			}
			err := a.ended()
			if !errors.Is(err, test.ends) {
				t.Errorf("Run returned %v", err)
			}
			line(t, err, test.text)
		})
	}
}

// The network may deliver twice, and late: what has no number of Telegram's is
// told once all the same, and what has one in its order.
func TestUpdatesComeTwiceAndInDisorder(t *testing.T) {
	w := newWorld(t)
	w.logIn()
	mixUp := func(down *frames) {
		var late []byte
		for frame := down.next(); frame != nil; frame = down.next() {
			if late == nil && down.more() {
				late = frame
				continue
			}
			down.send(frame)
			down.send(frame)
			down.send(late)
			late = nil
		}
	}
	network := newProxy(t, w.server.Addr().String(), spoiled{frames: mixUp})
	o := w.options()
	o.Server = network.addr()
	w.run(o)
	const n = 20
	for i := range n {
		w.write(fmt.Sprint("message ", i))
	}
	w.write("the last one")
	for i := range n {
		w.message(fmt.Sprint("message ", i))
	}
}

// Wherever a connection breaks, the account comes back, what it asks is answered,
// and each message is told once.
func TestConnectionIsCutAtAnyByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.logIn()
	step := 251
	if full {
		step = 11 // each byte was tried, which takes eight minutes
	}
	up, down := measured(w)
	t.Logf("a start takes %d bytes up and %d down", up, down)
	for n := 1; n <= up+down; n += step {
		l := limit{up: n}
		if n > up {
			l = limit{down: n - up}
		}
		t.Run(fmt.Sprintf("%+v", l), func(t *testing.T) {
			network := newProxy(t, w.server.Addr().String(), spoiled{limits: []limit{l}})
			o := w.options()
			o.Server = network.addr()
			a := w.run(o)
			if err := getState(t.Context(), a); err != nil {
				t.Errorf("a request: %v", err)
			}
			text := fmt.Sprint("cut at ", l)
			w.write(text)
			w.message(text)
			a.stop()
			_ = a.ended()
		})
	}
}

// An answer may come so late that the request was sent again.
func TestAnswerComesLate(t *testing.T) {
	inFull(t)
	t.Parallel()
	w := newWorld(t)
	w.logIn()
	network := newProxy(t, w.server.Addr().String(), spoiled{})
	o := w.options()
	o.Server = network.addr()
	a := w.run(o)
	w.ring()
	bob, _ := a.Peer(t.Context(), w.bob)
	network.freeze()
	done := make(chan error, 1)
	go func() {
		_, err := tg.NewClient(a).MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: bob, Message: "late", RandomID: 78})
		done <- err
	}()
	time.AfterFunc(8*time.Second, network.thaw) // gotd has sent it twice by then
	if err := <-done; err != nil {
		t.Errorf("the error is %v", err)
	}
	if got := fmt.Sprint(w.received(w.bob)); got != "[late]" {
		t.Errorf("Bob has %s", got)
	}
	w.unwanted("level=WARN", 0)
}

// measured is how many bytes go both ways before a message of Bob's is there.
func measured(w *world) (up, down int) {
	w.Helper()
	network := newProxy(w, w.server.Addr().String(), spoiled{})
	o := w.options()
	o.Server = network.addr()
	a := w.run(o)
	if err := getState(w.Context(), a); err != nil {
		w.Fatal(err)
	}
	w.write("measured")
	w.message("measured")
	a.stop()
	_ = a.ended()
	return int(network.up.Load()), int(network.down.Load())
}

// received are the texts of the messages that came to a user.
func (w *world) received(user int64) (texts []string) {
	w.Helper()
	diff, err := tg.NewClient(w.telegram.Login(user)).UpdatesGetDifference(w.Context(), &tg.UpdatesGetDifferenceRequest{Pts: 1, Date: 1})
	if err != nil {
		w.Fatal(err)
	}
	if diff, ok := diff.(*tg.UpdatesDifference); ok {
		for _, m := range diff.NewMessages {
			if m, ok := m.(*tg.Message); ok {
				texts = append(texts, m.Message)
			}
		}
	}
	return texts
}
