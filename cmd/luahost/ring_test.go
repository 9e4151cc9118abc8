package main

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// A real Telegram would send a code to somebody who has not asked for one.
func TestRingLogsInToEmbeddedTelegramsOnly(t *testing.T) {
	check := onlyEmbedded("127.0.0.1:1")
	embedded := simulator.New(simulator.Options{})
	if err := check(t.Context(), embedded.Client([8]byte{1})); err != nil {
		t.Errorf("the embedded one is refused: %v", err)
	}
	embedded.Inject(simulator.Fault{Method: "help.getNearestDc", Err: simulator.Refuse(400, "METHOD_INVALID")})
	const want = "127.0.0.1:1 is no embedded Telegram, and ring logs in to no other: start one with 'luahost sim'"
	if err := check(t.Context(), embedded.Client([8]byte{1})); err == nil || err.Error() != want {
		t.Errorf("one that does not tell: %v", err)
	}
	real := telegram.InvokeFunc(func(_ context.Context, _ bin.Encoder, out bin.Decoder) error {
		*out.(*tg.NearestDC) = tg.NearestDC{Country: "NL", ThisDC: 2, NearestDC: 4}
		return nil
	})
	if err := check(t.Context(), real); err == nil || err.Error() != want {
		t.Errorf("a real one: %v", err)
	}
	embedded.Inject(simulator.Fault{Method: "help.getNearestDc", Err: simulator.ErrDisconnect})
	if err := check(t.Context(), embedded.Client([8]byte{1})); err == nil || err.Error() == want {
		t.Errorf("one that cannot be asked: %v", err)
	}
}

// The line is for a shell.
func TestRingLine(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	for _, key := range []string{"server.pub.pem", "/tmp/my keys/it's $HOME.pem", "a;b", "ключ.pem", ""} {
		line := ringLine("127.0.0.1:9443", key, "+15550002", "+15550001")
		out, err := exec.Command(sh, "-c", `luahost() { printf '%s|' "$@"; }; luahost `+line).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := "ring|--server|127.0.0.1:9443|--server-key|" + key + "|--as|+15550002|--to|+15550001|"
		if string(out) != want {
			t.Errorf("a shell takes %q as %q", line, out)
		}
	}
}

// A server that goes away between the login and the call is not waited for.
func TestRingGivesUpOnAServerThatWentAway(t *testing.T) {
	r := newRinging(ringOptions{server: "127.0.0.1:9443"}, io.Discard)
	connected, late := make(chan struct{}), make(chan time.Time)
	close(late)
	if err := r.await(t.Context(), connected, late); err == nil || !strings.Contains(err.Error(), "127.0.0.1:9443 does not answer any more") {
		t.Errorf("the error is %v", err)
	}
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(context.Canceled)
	if err := r.await(ctx, connected, nil); !errors.Is(err, errNobodyRung) {
		t.Errorf("interrupted, the error is %v", err)
	}
	close(connected)
	if err := r.await(t.Context(), connected, nil); err != nil {
		t.Error(err)
	}
}
