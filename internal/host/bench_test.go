package host_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"luahost/internal/host"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// runCalls is how many calls one run of BenchmarkCall rings.
const runCalls = 2000

// BenchmarkCall is the whole way of a call over TCP: from the update in to the
// call's end at Telegram, answered by a script, and by a bare gotd client that
// does the same in Go. An iteration is a run of each, so -benchtime 6x compares
// the medians of six alternating runs. p50 is in microseconds, a rate in calls
// per second; /gotd is luahost's figure through gotd's.
func BenchmarkCall(b *testing.B) {
	w := theWorld(b)
	lua, gotd := answerWithLua(b, w), answerWithGotd(b, w)
	for _, outstanding := range []int{1, 64} {
		b.Run(fmt.Sprintf("outstanding=%d", outstanding), func(b *testing.B) {
			var byLua, byGotd runs
			callers := make([]*simulator.Client, outstanding)
			for i := range callers {
				callers[i] = w.caller(b)
			}
			for b.Loop() {
				byLua.add(w.ringFor(b, lua, callers))
				byGotd.add(w.ringFor(b, gotd, callers))
			}
			b.ReportMetric(0, "ns/op") // of a pair of runs: says nothing
			b.ReportMetric(median(byLua.p50), "p50")
			b.ReportMetric(median(byLua.p50)/median(byGotd.p50), "p50/gotd")
			b.ReportMetric(median(byLua.rate), "rate")
			b.ReportMetric(median(byLua.rate)/median(byGotd.rate), "rate/gotd")
		})
	}
}

// rules are asked in the order in which they stand here; the last one acts.
const rules = `
for n = 1, 10 do
  rule("video " .. n) { when = { from = "anyone", video = true }, action = function(call) call:accept() end }
end
rule "busy" { when = { from = "anyone" }, action = function(call) call:decline("busy") end }
`

// BenchmarkDecisions is BenchmarkCall's way of a call with eleven rules asked, by a
// host that keeps the log and the trace of calls and by one that does not, in
// alternating runs. /without is the first one's figure through the second's.
func BenchmarkDecisions(b *testing.B) {
	w := theWorld(b)
	scripts := b.TempDir()
	if err := os.WriteFile(filepath.Join(scripts, "rules.lua"), []byte(rules), 0o600); err != nil {
		b.Fatal(err)
	}
	kept, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { kept.Close() })
	w.run(b, []int{0}, host.Options{Scripts: scripts, Store: kept})
	w.run(b, []int{1}, host.Options{Scripts: scripts})
	for _, outstanding := range []int{1, 64} {
		b.Run(fmt.Sprintf("outstanding=%d", outstanding), func(b *testing.B) {
			var with, without runs
			callers := make([]*simulator.Client, outstanding)
			for i := range callers {
				callers[i] = w.caller(b)
			}
			for b.Loop() {
				with.add(w.ringFor(b, w.ids[0], callers))
				without.add(w.ringFor(b, w.ids[1], callers))
			}
			b.ReportMetric(0, "ns/op") // of a pair of runs: says nothing
			b.ReportMetric(median(with.p50), "p50")
			b.ReportMetric(median(with.p50)/median(without.p50), "p50/without")
			b.ReportMetric(median(with.rate), "rate")
			b.ReportMetric(median(with.rate)/median(without.rate), "rate/without")
		})
	}
}

// runs are the figures of a side's runs.
type runs struct{ p50, rate []float64 }

func (r *runs) add(p50, rate float64) {
	r.p50, r.rate = append(r.p50, p50), append(r.rate, rate)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func answerWithLua(b *testing.B, w *world) int64 {
	scripts := b.TempDir()
	if err := os.WriteFile(filepath.Join(scripts, "busy.lua"), []byte(busy), 0o600); err != nil {
		b.Fatal(err)
	}
	w.run(b, []int{0}, host.Options{Scripts: scripts})
	return w.ids[0]
}

// answerWithGotd is a gotd program as its examples write one.
func answerWithGotd(b *testing.B, w *world) int64 {
	var api *tg.Client
	dispatcher := tg.NewUpdateDispatcher()
	dispatcher.OnPhoneCall(func(ctx context.Context, _ tg.Entities, u *tg.UpdatePhoneCall) error {
		call, ok := u.PhoneCall.(*tg.PhoneCallRequested)
		if !ok {
			return nil
		}
		_, err := api.PhoneDiscardCall(ctx, &tg.PhoneDiscardCallRequest{
			Peer: tg.InputPhoneCall{ID: call.ID, AccessHash: call.AccessHash}, Reason: &tg.PhoneCallDiscardReasonBusy{},
		})
		return err
	})
	addr := w.server.Addr().(*net.TCPAddr)
	client := telegram.NewClient(1, "abc", telegram.Options{
		DC:             2,
		DCList:         dcs.List{Options: []tg.DCOption{{ID: 2, IPAddress: addr.IP.String(), Port: addr.Port}}},
		PublicKeys:     []telegram.PublicKey{{RSA: w.server.PublicKey()}},
		Resolver:       dcs.Plain(dcs.PlainOptions{}),
		SessionStorage: &session.StorageMemory{},
		UpdateHandler:  dispatcher,
	})
	api = client.API()
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- client.Run(ctx, func(ctx context.Context) error {
			code := auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return "12345", nil })
			flow := auth.NewFlow(auth.Constant(w.accounts[1].Phone, "", code), auth.SendCodeOptions{})
			if err := client.Auth().IfNecessary(ctx, flow); err != nil {
				return err
			}
			close(ready)
			<-ctx.Done()
			return nil
		})
	}()
	b.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case <-ready:
	case err := <-ended:
		b.Fatal(err)
	}
	return w.ids[1]
}

// ringFor rings a user runCalls times, each caller one call at a time. It gives
// the median time from a call's request to its end, and the calls per second.
func (w *world) ringFor(b *testing.B, user int64, callers []*simulator.Client) (p50, rate float64) {
	took := make([]float64, runCalls)
	var next atomic.Int64
	began := time.Now()
	var ringing sync.WaitGroup
	for _, caller := range callers {
		ringing.Go(func() {
			for i := next.Add(1) - 1; i < runCalls; i = next.Add(1) - 1 {
				start := time.Now()
				id, err := request(caller, user)
				if err != nil {
					b.Error(err)
					return
				}
				w.calls.await(b, id, ended)
				took[i] = float64(time.Since(start).Nanoseconds()) / 1000
			}
		})
	}
	ringing.Wait()
	return median(took), runCalls / time.Since(began).Seconds()
}

// lastRandomID keeps thousands of calls of one caller apart.
var lastRandomID atomic.Int32

// request rings without the arithmetic of a key exchange, which is the caller's
// and would be most of what is measured.
func request(from *simulator.Client, to int64) (id int64, err error) {
	answer, err := tg.NewClient(from).PhoneRequestCall(context.Background(), &tg.PhoneRequestCallRequest{
		UserID: from.InputUser(to), RandomID: int(lastRandomID.Add(1)), GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
	})
	if err != nil {
		return 0, err
	}
	return answer.PhoneCall.(*tg.PhoneCallWaiting).ID, nil
}
