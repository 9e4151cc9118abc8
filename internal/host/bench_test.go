package host_test

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"luahost/internal/host"
	"luahost/internal/simulator"
)

// BenchmarkCall is the whole way of a call over TCP: from the update in to the
// call's end at Telegram, one call at a time and 64 at once; by a script, and
// by a bare gotd client that does the same in Go. docs/performance.md compares
// alternating runs of the two.
func BenchmarkCall(b *testing.B) {
	for _, mode := range []struct {
		name   string
		answer func(*testing.B, *world) (user int64)
	}{
		{"luahost", answerWithLua},
		{"gotd", answerWithGotd},
	} {
		b.Run(mode.name, func(b *testing.B) {
			w := theWorld(b)
			user := mode.answer(b, w)
			for _, outstanding := range []struct {
				name string
				n    int
			}{{"outstanding=1", 1}, {"outstanding=64", 64}} {
				b.Run(outstanding.name, func(b *testing.B) { w.ringFor(b, user, outstanding.n) })
			}
		})
	}
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

// ringFor rings a user b.N times, n callers at once, and reports the median of the
// time from the request to the end and the calls per second.
func (w *world) ringFor(b *testing.B, user int64, n int) {
	callers := make([]*simulator.Client, n)
	for i := range callers {
		callers[i] = w.caller(b)
	}
	took := make([]time.Duration, b.N)
	var next sync.Mutex
	left := b.N
	b.ResetTimer()
	began := time.Now()
	var ringing sync.WaitGroup
	for _, caller := range callers {
		ringing.Go(func() {
			for {
				next.Lock()
				left--
				i := left
				next.Unlock()
				if i < 0 {
					return
				}
				start := time.Now()
				id, err := request(caller, user)
				if err != nil {
					b.Error(err)
					return
				}
				w.calls.await(b, id, ended)
				took[i] = time.Since(start)
			}
		})
	}
	ringing.Wait()
	elapsed := time.Since(began)
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "calls/s")
}

// request rings without the arithmetic of a key exchange, which is the caller's
// and would be most of what is measured.
func request(from *simulator.Client, to int64) (id int64, err error) {
	answer, err := tg.NewClient(from).PhoneRequestCall(context.Background(), &tg.PhoneRequestCallRequest{
		UserID: from.InputUser(to), RandomID: int(rand.Int32()), GAHash: make([]byte, 32), Protocol: simulator.Protocol(),
	})
	if err != nil {
		return 0, err
	}
	return answer.PhoneCall.(*tg.PhoneCallWaiting).ID, nil
}
