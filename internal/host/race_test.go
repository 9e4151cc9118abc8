package host_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/host"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// racing are scripts that all want the same calls: rules that refuse, fail, take
// their time and lose it, handlers of the ring, and requests by their name. They
// decline with hangup and the other device with busy, so that it can be told who
// did.
var racing = map[string]string{
	"a.lua": `
rule "seldom" {
  priority = 5,
  when   = { from = "anyone", match = function(call) return math.random(4) == 1 end },
  action = function(call) call:decline("hangup") end,
}
rule "fails" {
  when   = { from = "anyone", none = { { video = true } } },
  action = function(call) if math.random(3) == 1 then error("no") end end,
}
rule "slow" {
  when   = { from = "anyone" },
  action = function(call)
    sleep(math.random(4) / 1000)
    if math.random(2) == 1 then call:decline("hangup") end
  end,
}
`,
	"b.lua": `
on("call", function(call)
  local n = math.random(10)
  if n <= 2 then call:accept() elseif n == 3 then call:ignore() elseif n == 4 then call:decline("hangup") end
end)
on("call.ended", function(call) assert(call.outcome ~= nil) end)
rule "last" { when = { video = true }, action = function(call) call:decline("hangup") end }
`,
	"c.lua": `
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" or math.random(6) ~= 1 then return end
  phone.discardCall{peer=call, duration=0, reason="hangup", connection_id="0"}
end)
`,
}

// TestRacingForCalls: however scripts, other devices and callers race for a call,
// it is decided once or the trace says that nobody did, and its outcome is what
// the embedded Telegram recorded.
func TestRacingForCalls(t *testing.T) {
	calls, callers := 600, 8
	if os.Getenv("LUAHOST_FULL") != "" {
		calls = 10_000
	}
	w := theWorld(t)
	var traces traces
	traces.calls = make(map[int64]*traced)
	r := w.start(t, []int{0}, racing, func(o *host.Options) {
		o.Observe = host.Observe{Entry: traces.add}
		o.Log = nil
	})
	other := otherDevice(t, w, &traces)

	var ringing sync.WaitGroup
	var mu sync.Mutex
	rung := 0
	next := func() bool { mu.Lock(); defer mu.Unlock(); rung++; return rung <= calls }
	for range callers {
		c := &rival{client: w.caller(t), traces: &traces}
		c.client.Subscribe(c.received)
		ringing.Go(func() {
			for next() {
				c.ringOnce(t, w)
			}
		})
	}
	ringing.Wait()
	traces.await(t, func() bool { return traces.settled >= calls })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	kept := w.accounts[0].Store
	count := map[string]int{}
	for _, c := range w.telegram.Calls() {
		tr := traces.calls[c.ID]
		if tr == nil {
			continue // of another test
		}
		row, ok, err := kept.CallOf(t.Context(), w.ids[0], c.ID)
		if err != nil || !ok {
			t.Fatalf("call %d is not in the log: %v", c.ID, err)
		}
		entries, err := kept.Trace(t.Context(), w.ids[0], c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.check(row, entries, c, other.Key()); err != nil {
			var lines []string
			for _, e := range entries {
				lines = append(lines, fmt.Sprintf("%s %s %s:%d %s: %s", e.At.Format("05.000000"), e.Kind, e.Script, e.Line, e.Name, e.Text))
			}
			t.Errorf("call %d: %v\nTelegram: %+v\nlog: %+v\n%s", c.ID, err, c, row, strings.Join(lines, "\n"))
		}
		count[row.Outcome]++
		count["decision "+row.Decision]++
	}
	t.Log(count)
	for _, want := range []string{"declined", "missed", "declined_elsewhere", "ended_elsewhere", "decision accept", "decision ignore", "decision "} {
		if count[want] == 0 {
			t.Errorf("no call of %d was %s: the race is too tame", calls, want)
		}
	}
}

// check compares the log of a call with what its trace tells and what Telegram
// recorded.
func (tr *traced) check(row store.Call, entries []store.Entry, c simulator.Call, other [8]byte) error {
	switch {
	case tr.decisions > 1:
		return fmt.Errorf("decided %d times", tr.decisions)
	case (tr.decisions == 1) != (row.Decision != ""):
		return fmt.Errorf("%d decisions are traced, the log has %q", tr.decisions, row.Decision)
	case row.Decision == "" && !tr.concluded && !tr.endedUndecided:
		return fmt.Errorf("nobody decided, and the trace does not say so")
	case row.State != store.Ended:
		return fmt.Errorf("it is %s in the log", row.State)
	}
	if want := recorded(c, other); row.Outcome != want && !overtook(entries, row) {
		return fmt.Errorf("outcome %s, want %s", row.Outcome, want)
	}
	if row.Outcome == "declined" && (row.Decision != "decline" || row.Reason != string(c.Reason)) {
		return fmt.Errorf("declined by %q with %s", row.Decision, row.Reason)
	}
	return nil
}

// overtook reports that the caller hung up in the instant in which another device
// accepted, and that of the two updates the second came first: nobody could tell.
func overtook(entries []store.Entry, row store.Call) bool {
	ends := 0
	for _, e := range entries {
		if e.Kind == "update" && e.Name == "phoneCallDiscarded" {
			ends++
		}
	}
	return ends == 2 && row.Outcome == "missed"
}

// recorded is the outcome of a call as its callee's host has to see it, told by
// Telegram's record alone. No caller of this test confirms a call, so none has
// any talk in it.
func recorded(c simulator.Call, other [8]byte) string {
	acceptedHere := !c.Accepted.IsZero() && c.AcceptedOn != other
	switch {
	case c.EndedBy == c.To && c.EndedOn != other && !acceptedHere:
		return "declined"
	case acceptedHere && c.Reason == simulator.Disconnect:
		return "failed" // the connect timeout
	case acceptedHere:
		return "hangup" // the caller gave up, or a script hung up
	case !c.Accepted.IsZero():
		return "ended_elsewhere"
	case c.EndedBy == c.To:
		return "declined_elsewhere"
	default:
		return "missed"
	}
}

// traced is what a call's trace has told so far.
type traced struct {
	entries        int
	decisions      int
	concluded      bool // the rules have been asked, and none has decided
	endedUndecided bool
	accepting      bool // and that has not been answered
	stopped        bool // the host was told that it no longer rings
	changed        chan struct{}
}

type traces struct {
	mu      sync.Mutex
	calls   map[int64]*traced
	settled int
	changed chan struct{}
}

// of finds the trace of a call; tr.mu is held.
func (tr *traces) of(id int64) *traced {
	if tr.calls[id] == nil {
		tr.calls[id] = &traced{changed: make(chan struct{})}
	}
	return tr.calls[id]
}

func (tr *traces) add(c *call.Call, e store.Entry) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	one := tr.of(c.ID())
	one.entries++
	switch {
	case e.Kind == "note" && e.Name == "accept":
		one.accepting = e.Text == "asks Telegram"
	case e.Kind == "decision":
		one.decisions++
	case e.Kind == "rule" && e.Name == "":
		one.concluded = true
	case e.Kind == "update" && e.Name == "phoneCallDiscarded":
		one.stopped = true
	case e.Kind == "outcome":
		one.endedUndecided = one.decisions == 0
		tr.settled++
	}
	close(one.changed)
	one.changed = make(chan struct{})
	if tr.changed != nil {
		close(tr.changed)
		tr.changed = nil
	}
}

// await waits until want holds of the traces; it is called with tr.mu held.
func (tr *traces) await(t *testing.T, want func() bool) {
	t.Helper()
	for {
		tr.mu.Lock()
		done := want()
		if tr.changed == nil {
			tr.changed = make(chan struct{})
		}
		changed := tr.changed
		tr.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the test ended before that was traced")
		}
	}
}

// awaitCall waits until want holds of one call's trace, or ctx ends.
func (tr *traces) awaitCall(ctx context.Context, id int64, want func(*traced) bool) {
	for {
		tr.mu.Lock()
		one := tr.of(id)
		done, changed := want(one), one.changed
		tr.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// rival is a caller who may hang up at any point.
type rival struct {
	client *simulator.Client
	traces *traces

	mu    sync.Mutex
	ended map[int64]chan struct{}
}

func (c *rival) end(id int64) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = make(map[int64]chan struct{})
	}
	if c.ended[id] == nil {
		c.ended[id] = make(chan struct{})
	}
	return c.ended[id]
}

func (c *rival) received(all tg.UpdatesClass) {
	updates, ok := all.(*tg.Updates)
	if !ok {
		return
	}
	for _, u := range updates.Updates {
		if p, ok := u.(*tg.UpdatePhoneCall); ok {
			if d, ok := p.PhoneCall.(*tg.PhoneCallDiscarded); ok {
				close(c.end(d.ID))
			}
		}
	}
}

// ringOnce rings, and hangs up when the trace has come to some length, or when
// all rules were asked, unless the call has ended by then.
func (c *rival) ringOnce(t *testing.T, w *world) {
	video := rand.IntN(4) == 0
	answer, err := tg.NewClient(c.client).PhoneRequestCall(t.Context(), &tg.PhoneRequestCallRequest{
		Video: video, UserID: c.client.InputUser(w.ids[0]), RandomID: int(rand.Int32()),
		GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
	})
	if err != nil {
		t.Error(err)
		return
	}
	waiting := answer.PhoneCall.(*tg.PhoneCallWaiting)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := c.end(waiting.ID)
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	patience := rand.IntN(30)
	c.traces.awaitCall(ctx, waiting.ID, func(one *traced) bool {
		return patience < 10 && one.entries > patience || one.concluded && !one.accepting || one.decisions > 0
	})
	select {
	case <-ended:
		return
	default:
	}
	_, err = tg.NewClient(c.client).PhoneDiscardCall(t.Context(), &tg.PhoneDiscardCallRequest{
		Peer: tg.InputPhoneCall{ID: waiting.ID, AccessHash: waiting.AccessHash}, Reason: &tg.PhoneCallDiscardReasonMissed{},
	})
	if err != nil {
		t.Errorf("hang up: %v", err)
	}
}

// otherDevice is a second device of the account, on which somebody accepts or
// declines now and then. What it accepts it hangs up at once.
func otherDevice(t *testing.T, w *world, traces *traces) *simulator.Client {
	device := w.telegram.Login(w.ids[0])
	var busy sync.WaitGroup
	cancel := device.Subscribe(func(all tg.UpdatesClass) {
		updates, ok := all.(*tg.Updates)
		if !ok {
			return
		}
		for _, u := range updates.Updates {
			p, ok := u.(*tg.UpdatePhoneCall)
			if !ok {
				continue
			}
			requested, ok := p.PhoneCall.(*tg.PhoneCallRequested)
			if n := rand.IntN(10); ok && n < 4 {
				busy.Go(func() { interfere(t.Context(), device, requested, n, traces) })
			}
		}
	})
	t.Cleanup(func() { cancel(); busy.Wait(); device.LogOut() })
	return device
}

// interfere loses most races; its refusals are of no interest.
func interfere(ctx context.Context, device *simulator.Client, requested *tg.PhoneCallRequested, n int, traces *traces) {
	after := rand.IntN(6)
	traces.awaitCall(ctx, requested.ID, func(one *traced) bool { return one.entries > after || one.concluded })
	api := tg.NewClient(device)
	peer := tg.InputPhoneCall{ID: requested.ID, AccessHash: requested.AccessHash}
	if n < 2 {
		_, _ = api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: peer, Reason: &tg.PhoneCallDiscardReasonBusy{}})
		return
	}
	_, err := api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{Peer: peer, GB: make([]byte, 256), Protocol: simulator.Protocol()})
	if err == nil {
		// Two updates in the same instant might overtake each other, and then no
		// host could tell this end from a caller's.
		traces.awaitCall(ctx, requested.ID, func(one *traced) bool { return one.stopped })
		_, _ = api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{Peer: peer, Reason: &tg.PhoneCallDiscardReasonHangup{}})
	}
}
