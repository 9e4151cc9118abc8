package host

import (
	"context"
	"errors"
	"testing"

	"luahost/internal/clock"
)

// TestBlocklistIsWaitedForInTime: while Telegram does not answer, each call's rules
// wait for their own time, and not one call after the other.
func TestBlocklistIsWaitedForInTime(t *testing.T) {
	b := newBlocklist(clock.System{}, nil)
	b.asking <- struct{}{} // another call's question is out
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("no answer within 2s")
	cancel(enough)
	if _, err := b.has(ctx, 5); !errors.Is(err, enough) {
		t.Errorf("gave %v, want %v", err, enough)
	}
}
