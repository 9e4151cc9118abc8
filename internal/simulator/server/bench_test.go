package server

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
)

// BenchmarkRequest sends requests with gotd's client over loopback TCP. What it
// measures is the client as much as the server.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b, Options{})
	w.user("+15550001")
	key := w.key()
	w.login(key, "+15550001")
	for _, outstanding := range []int{1, 64} {
		b.Run(fmt.Sprintf("outstanding=%d", outstanding), func(b *testing.B) {
			run(b, w.options(w.stored(key)), func(ctx context.Context, c *telegram.Client) error {
				requests(b, ctx, c, outstanding)
				return nil
			})
		})
	}
}

func requests(b *testing.B, ctx context.Context, c *telegram.Client, outstanding int) {
	var (
		turns = make(chan struct{}, b.N)
		took  = make([][]time.Duration, outstanding)
		wg    sync.WaitGroup
	)
	for range b.N {
		turns <- struct{}{}
	}
	close(turns)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range outstanding {
		wg.Go(func() {
			for range turns {
				began := time.Now()
				if _, err := c.API().AccountUpdateStatus(ctx, false); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkDevice is the server with the leanest client, one request at a time.
func BenchmarkDevice(b *testing.B) {
	w := newWorld(b, Options{})
	w.user("+15550001")
	key := w.key()
	w.login(key, "+15550001")
	d := w.device(key)
	b.ReportAllocs()
	for b.Loop() {
		d.result(d.request(&tg.AccountUpdateStatusRequest{}))
	}
}

// BenchmarkLayers writes an incoming call, as each layer has it.
func BenchmarkLayers(b *testing.B) {
	news := &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{GAHash: make([]byte, 32)}}},
		Users:   []tg.UserClass{&tg.User{FirstName: "A", AccessHash: 1}, &tg.User{FirstName: "B", AccessHash: 2}},
	}
	for _, number := range []int{tg.Layer, 227, 198} {
		l := layerOf(b, number)
		b.Run(fmt.Sprint(number), func(b *testing.B) {
			var out bin.Buffer
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := l.encode(&out, news); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
