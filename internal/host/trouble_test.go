package host_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/call"
	"luahost/internal/host"
	"luahost/internal/simulator"
	"luahost/internal/simulator/server"
	"luahost/internal/store"
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
	atLeast := campaign{calls: 80, cuts: 20, restarts: 2}
	if os.Getenv("LUAHOST_FULL") != "" {
		atLeast = campaign{calls: 2000, cuts: 500, restarts: 50}
	}
	const together, restartEvery = 4, 10
	w := newTroubled(t)
	script, seen := t.TempDir(), newSeen()
	if err := os.WriteFile(script+"/decline.lua", []byte(declineAll), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(store.Options{Path: script + "/luahost.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	_, stop := w.run(t, []int{0}, host.Options{
		Scripts: script, Store: kept, Observe: host.Observe{Event: seen.event, Request: seen.request, Entry: seen.entry},
	})
	for range together {
		w.people = append(w.people, theWorld(t).caller(t))
	}
	var calls []*simulator.End
	for n := 0; len(calls) < atLeast.calls || int(w.cuts.Load()) < atLeast.cuts || w.restarts < atLeast.restarts; n++ {
		if n > atLeast.calls {
			t.Fatalf("%d cuts in %d rounds: the faults do not fire", w.cuts.Load(), n)
		}
		ends := make([]*simulator.End, together)
		w.ring(t, ends, 0, 1)
		w.mark(t, seen, "rung "+strconv.Itoa(n)) // mostly they have arrived now
		w.trouble(n, n%restartEvery == restartEvery-1)
		w.ring(t, ends, 2, 3)
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
	seen.all(t, calls)
	if err := stop(); err != nil { // and with that, everything is kept
		t.Fatal(err)
	}
	w.verdict(t, seen, kept, calls)
}

// campaign is how much a test does at least.
type campaign struct{ calls, cuts, restarts int }

// ring lets some people ring Ada at once.
func (w *troubled) ring(t *testing.T, ends []*simulator.End, callers ...int) {
	t.Helper()
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
	if t.Failed() {
		t.FailNow()
	}
}

// verdict compares what Telegram has of each call with what the script was told,
// and with what the host, which has ended, keeps of it.
func (w *troubled) verdict(t *testing.T, seen *seen, kept *store.Store, calls []*simulator.End) {
	t.Helper()
	declined, overtaken, missed := 0, 0, 0
	for _, end := range calls {
		id := end.ID()
		ended := w.calls.await(t, id, func(c simulator.Call) bool { return c.State == simulator.Ended })
		row, found, err := kept.CallOf(t.Context(), w.ids[0], id)
		if err != nil || !found {
			t.Fatalf("call %d is not kept: %v", id, err)
		}
		decisions, rings, entries := seen.decisions[id], seen.rings[id], seen.history[id]
		if entries != 1 {
			t.Errorf("call %d is %d times in the history that the host was told", id, entries)
		}
		if rings > 1 || len(decisions) != rings {
			t.Errorf("call %d rang %d times and was decided %d times", id, rings, len(decisions))
			continue
		}
		ours, outcome := ended.EndedBy == w.ids[0], call.Missed
		if ours {
			outcome = call.Declined
		}
		switch {
		case ours && rings == 0:
			t.Errorf("call %d was declined, and had not rung", id)
		case ours && decisions[0].Err != nil:
			t.Errorf("call %d was declined, and the script was told %v", id, decisions[0].Err)
		case !ours && rings == 1 && !tgerr.Is(decisions[0].Err, call.CallEnded):
			t.Errorf("call %d ended otherwise, and the script was told %v", id, decisions[0].Err)
		case row.Outcome != string(outcome):
			t.Errorf("call %d is %s, and kept as %s", id, outcome, row.Outcome)
		case ours:
			declined++
		case rings == 1:
			overtaken++
		default:
			missed++
		}
	}
	t.Logf("%d calls: %d were declined, %d ended otherwise while the script declined, %d did not arrive; %d connections were cut, %d restarts",
		len(calls), declined, overtaken, missed, w.cuts.Load(), w.restarts)
	if declined < len(calls)/4 {
		t.Errorf("%d calls of %d were declined: this tests little", declined, len(calls))
	}
}

// troubled is the world behind a server of its own, which a test may spoil.
type troubled struct {
	*world
	testing.TB
	people   []*simulator.Client // who ring
	options  server.Options
	stop     func()
	cuts     atomic.Int32 // connections that were cut
	restarts int
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
		w.restarts++
	}
	switch {
	case n%3 == 0 && !restart: // a new server has nothing to cut yet
		w.cuts.Add(int32(w.server.Disconnect()))
	default:
		w.telegram.Inject(simulator.Fault{
			Method: "phone.discardCall", User: w.ids[0], Err: simulator.ErrDisconnect, After: n%3 == 1,
			Hit: func() { w.cuts.Add(1) },
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
	outcomes  map[int64]int // of calls that had not ended when they came
	texts     map[string]bool
}

func newSeen() *seen {
	return &seen{
		changed: make(chan struct{}), rings: map[int64]int{}, history: map[int64]int{},
		decisions: map[int64][]host.Request{}, outcomes: map[int64]int{}, texts: map[string]bool{},
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

func (s *seen) entry(_ *call.Call, e store.Entry) {
	if e.Kind == "outcome" {
		s.note(func() { s.outcomes[e.Call]++ })
	}
}

// all waits until everything is known of some calls that have ended.
func (s *seen) all(t *testing.T, calls []*simulator.End) {
	t.Helper()
	for _, end := range calls {
		id := end.ID()
		s.await(t, "the history of a call", func() bool { return s.history[id] > 0 })
		s.await(t, "the answer to a decision", func() bool { return s.rings[id] == 0 || len(s.decisions[id]) > 0 })
		s.await(t, "the outcome of a call that was declined", func() bool {
			return s.rings[id] == 0 || s.decisions[id][0].Err != nil || s.outcomes[id] > 0
		})
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
