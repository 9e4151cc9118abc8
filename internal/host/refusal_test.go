package host_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gotd/td/tgerr"

	"luahost/bindings/tl"
	"luahost/internal/host"
)

// A refusal reads as Telegram documents it, not as the client library wraps it.
func TestRefusal(t *testing.T) {
	for want, err := range map[string]error{
		"":                            nil,
		"FLOOD_WAIT_3 (420)":          fmt.Errorf("rpcDoRequest: %w", tgerr.New(420, "FLOOD_WAIT_3")),
		"CALL_ALREADY_ACCEPTED (400)": tgerr.New(400, "CALL_ALREADY_ACCEPTED"),
		"CALL_PEER_INVALID: no call with the id 1 has been seen": &tgerr.Error{Type: "CALL_PEER_INVALID", Message: "no call with the id 1 has been seen"},
		"engine was closed": errors.New("engine was closed"),
	} {
		if got := (host.Request{Request: tl.Request{Err: err}}).Refusal(); got != want {
			t.Errorf("%v reads %q, want %q", err, got, want)
		}
	}
}
