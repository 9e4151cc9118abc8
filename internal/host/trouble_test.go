package host_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/host"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
)

const declineAll = `
on("updatePhoneCall", function(update)
  if update.phone_call._ ~= "phoneCallRequested" then return end
  phone.discardCall{peer=update.phone_call, duration=0, reason="busy", connection_id="0"}
end)`

// Connections are cut and the server restarts while people ring: each call that
// reaches the host is decided once, each that does not is seen as ended later,
// and no request and no handler hangs.
func TestCallsInTrouble(t *testing.T) {
	rounds := 20
	if os.Getenv("LUAHOST_FULL") != "" {
		rounds = 500
	}
	const together, restartEvery = 4, 10
	w := newTroubled(t)
	script := t.TempDir()
	if err := os.WriteFile(script+"/decline.lua", []byte(declineAll), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := newSeen()
	w.run(t, []int{0}, host.Options{Scripts: script, Observe: host.Observe{Event: seen.event, Request: seen.request}})
	for range together {
		w.people = append(w.people, theWorld(t).caller(t))
	}
	var calls []*simulator.End
	for n := range rounds {
		ends := make([]*simulator.End, together)
		ring := func(callers ...int) {
			var ringing sync.WaitGroup
			for _, i := range callers {
				ringing.Go(func() {
					var err error
					if ends[i], err = w.people[i].Ring(t.Context(), w.ids[0], false); err != nil {
						t.Errorf("ring: %v", err)
					}
				})
			}
			ringing.Wait()
		}
		ring(0, 1)
		if t.Failed() {
			return
		}
		w.mark(t, seen, "rung "+strconv.Itoa(n)) // mostly they have arrived now
		w.trouble(n, n%restartEvery == restartEvery-1)
		ring(2, 3)
		if t.Failed() {
			return
		}
		w.mark(t, seen, "in trouble "+strconv.Itoa(n))
		for i, end := range ends {
			if seen.rang(end.ID()) {
				continue // and so it will be declined
			}
			// The caller gives up. It may have arrived by now all the same.
			if err := end.HangUp(t.Context(), &tg.PhoneCallDiscardReasonMissed{}, 0); err != nil {
				t.Fatalf("caller %d: %v", i, err)
			}
		}
		for _, end := range ends {
			w.calls.await(t, end.ID(), func(c simulator.Call) bool { return c.State == simulator.Ended })
		}
		calls = append(calls, ends...)
	}
	w.verdict(t, seen, calls)
}

// verdict compares what Telegram has of each call with what the host did.
func (w *troubled) verdict(t *testing.T, seen *seen, calls []*simulator.End) {
	t.Helper()
	decided, missed, overtaken := 0, 0, 0
	for _, end := range calls {
		id := end.ID()
		seen.await(t, "the history of a call", func() bool { return seen.history[id] > 0 })
		if seen.rang(id) {
			seen.await(t, "the answer to a decision", func() bool { return len(seen.decisions[id]) > 0 })
		}
		call := w.calls.await(t, id, func(c simulator.Call) bool { return c.State == simulator.Ended })
		seen.mu.Lock()
		decisions, rings, entries := seen.decisions[id], seen.rings[id], seen.history[id]
		seen.mu.Unlock()
		switch {
		case entries != 1:
			t.Errorf("call %d is %d times in the history that the host was told", id, entries)
		case rings > 1 || len(decisions) != rings:
			t.Errorf("call %d rang %d times and was decided %d times", id, rings, len(decisions))
		case rings == 1 && decisions[0].Err != nil && !tgerr.Is(decisions[0].Err, "CALL_ENDED"):
			t.Errorf("call %d was not declined: %v", id, decisions[0].Err)
		case rings == 0 && call.EndedBy == w.ids[0]:
			t.Errorf("call %d was declined, and had not rung", id)
		}
		if rings == 1 && decisions[0].Err != nil && call.EndedBy == w.ids[0] {
			overtaken++
		}
		if call.EndedBy == w.ids[0] {
			decided++
		} else {
			missed++
		}
	}
	t.Logf("%d calls were declined, the end of %d was known before the answer, %d did not arrive", decided, overtaken, missed)
	if decided < missed {
		t.Errorf("%d calls of %d did not arrive: this tests little", missed, len(calls))
	}
}

// troubled is the world behind a server of its own, which a test may spoil.
type troubled struct {
	*world
	testing.TB
	people  []*simulator.Client // who ring
	options server.Options
	stop    func()
}

func newTroubled(t *testing.T) *troubled {
	t.Helper()
	shared := theWorld(t)
	w := &troubled{
		TB:      t,
		world:   &world{telegram: shared.telegram, clock: shared.clock, dir: shared.dir, ids: shared.ids, calls: shared.calls},
		options: server.Options{Addr: "127.0.0.1:0", Telegram: shared.telegram, Keys: shared.server.Keys()},
	}
	key, err := server.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	w.options.Key = key
	w.serve(t)
	w.options.Addr = w.server.Addr().String()
	w.accounts = slices.Clone(shared.accounts)
	for i := range w.accounts {
		w.accounts[i].Server, w.accounts[i].ServerKey = w.options.Addr, &key.PublicKey
	}
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *troubled) serve(t testing.TB) {
	t.Helper()
	s, err := server.Listen(w.options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	w.server, w.stop = s, func() {
		cancel()
		serving.Wait()
	}
}

// trouble cuts the connection now, or at the next decision, before Telegram has
// taken it or after. A restart comes on top of that.
func (w *troubled) trouble(n int, restart bool) {
	if restart {
		w.stop()
		w.options.Keys = w.server.Keys()
		w.serve(w.TB)
	}
	switch {
	case n%3 == 0:
		w.server.Disconnect()
	default:
		w.telegram.Inject(simulator.Fault{
			Method: "phone.discardCall", User: w.ids[0], Err: simulator.ErrDisconnect, After: n%3 == 1,
		})
	}
}

// mark writes to Ada, and waits until the host has that. A message is told also to
// who was away, so the host is back then, and knows what it has missed.
func (w *troubled) mark(t *testing.T, seen *seen, text string) {
	t.Helper()
	from := w.people[0]
	ada := from.InputUser(w.ids[0]).(*tg.InputUser)
	_, err := tg.NewClient(from).MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerUser{UserID: ada.UserID, AccessHash: ada.AccessHash}, Message: text, RandomID: rand.Int64(),
	})
	if err != nil {
		t.Fatal(err)
	}
	seen.await(t, text, func() bool { return seen.texts[text] })
}

// seen is what the host saw of each call, and did.
type seen struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at each change
	rings     map[int64]int
	history   map[int64]int // entries
	decisions map[int64][]host.Request
	texts     map[string]bool
}

func newSeen() *seen {
	return &seen{
		changed: make(chan struct{}), rings: map[int64]int{}, history: map[int64]int{},
		decisions: map[int64][]host.Request{}, texts: map[string]bool{},
	}
}

func (s *seen) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *seen) event(e host.Event) {
	s.note(func() {
		switch u := e.Update.Update.(type) {
		case *tg.UpdatePhoneCall:
			if call, ok := u.PhoneCall.(*tg.PhoneCallRequested); ok && e.Handlers > 0 {
				s.rings[call.ID]++
			}
		case *tg.UpdateNewMessage:
			switch m := u.Message.(type) {
			case *tg.Message:
				s.texts[m.Message] = true
			case *tg.MessageService:
				if a, ok := m.Action.(*tg.MessageActionPhoneCall); ok {
					s.history[a.CallID]++
				}
			}
		}
	})
}

func (s *seen) request(r host.Request) {
	if args, ok := r.Args.(*tg.PhoneDiscardCallRequest); ok {
		s.note(func() { s.decisions[args.Peer.ID] = append(s.decisions[args.Peer.ID], r) })
	}
}

func (s *seen) rang(call int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rings[call] > 0
}

// await waits until holds, which is called with s.mu held.
func (s *seen) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		s.mu.Lock()
		done, changed := holds(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("%s does not come", what)
		}
	}
}
