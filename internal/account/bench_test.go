package account_test

import (
	"context"
	"net"
	"os"
	"testing"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
)

// BenchmarkRequest puts a request of an account beside one of gotd's client
// alone, on the same server over TCP.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b)
	w.logIn()
	b.Run("gotd", func(b *testing.B) {
		w.bare(func(ctx context.Context, api *tg.Client) { requests(ctx, b, api) })
	})
	b.Run("account", func(b *testing.B) {
		a := w.run(w.options())
		defer a.ended()
		defer a.stop()
		requests(b.Context(), b, tg.NewClient(a))
	})
}

func requests(ctx context.Context, b *testing.B, api *tg.Client) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := api.UpdatesGetState(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// bare runs gotd's client with Ann's session and nothing of ours.
func (w *world) bare(f func(ctx context.Context, api *tg.Client)) {
	w.Helper()
	data, err := os.ReadFile(w.sessionPath("main"))
	if err != nil {
		w.Fatal(err)
	}
	kept := new(session.StorageMemory)
	if err := kept.StoreSession(context.Background(), data); err != nil {
		w.Fatal(err)
	}
	addr := w.server.Addr().(*net.TCPAddr)
	c := telegram.NewClient(1, "hash", telegram.Options{
		DCList:         dcs.List{Options: []tg.DCOption{{ID: 2, IPAddress: addr.IP.String(), Port: addr.Port}}},
		PublicKeys:     []telegram.PublicKey{{RSA: &serverKey().PublicKey}},
		SessionStorage: kept,
		UpdateHandler:  telegram.UpdateHandlerFunc(func(context.Context, tg.UpdatesClass) error { return nil }),
	})
	if err := c.Run(context.Background(), func(ctx context.Context) error {
		f(ctx, c.API())
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}
