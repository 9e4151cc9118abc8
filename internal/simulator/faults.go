package simulator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/bin"

	"luahost/internal/clock"
)

// Fault is trouble on order for the requests that it fits.
type Fault struct {
	Method string // "phone.discardCall"; "": every method
	User   int64  // of this user alone; 0: of anybody, logged in or not
	Times  int    // for how many requests; 0: for one, -1: until it is taken back
	After  bool   // the request takes effect, and its answer is what is hit

	Delay time.Duration // held back for so long, by the clock
	Err   error         // FloodWait, Refuse or ErrDisconnect; nil: only delayed
	Hit   func()        // called for each request that is hit; must not block; nil: nobody counts
}

type fault struct{ Fault }

// FloodWait is the refusal that tells a client to wait, in whole seconds
// (https://core.telegram.org/api/errors#420-flood).
func FloodWait(d time.Duration) error {
	return Refuse(420, fmt.Sprintf("FLOOD_WAIT_%d", int(d/time.Second)))
}

// Inject orders a fault. Of several that fit a request, the oldest hits it.
// It may be taken back with remove.
func (t *Telegram) Inject(f Fault) (remove func()) {
	if f.Times == 0 {
		f.Times = 1
	}
	ordered := &fault{f}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, ordered)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.drop(ordered)
	}
}

func (t *Telegram) drop(f *fault) {
	t.faults = slices.DeleteFunc(t.faults, func(o *fault) bool { return o == f })
}

// strike takes the fault that hits this request off the list.
func (t *Telegram) strike(c *Client, method string) (Fault, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.faults, func(f *fault) bool {
		return (f.Method == "" || f.Method == method) &&
			(f.User == 0 || c.user != nil && c.user.ID == f.User)
	})
	if at < 0 {
		return Fault{}, false
	}
	f := t.faults[at]
	if f.Times--; f.Times == 0 {
		t.drop(f)
	}
	return f.Fault, true
}

// faulty carries a request out with what was ordered for it.
func (t *Telegram) faulty(ctx context.Context, c *Client, m method, b *bin.Buffer) (bin.Encoder, error) {
	f, hit := t.strike(c, m.name)
	if !hit {
		return m.carryOut(ctx, t, c, b)
	}
	if f.Hit != nil {
		f.Hit()
	}
	t.log.DebugContext(ctx, "fault", "method", m.name, "after", f.After, "delay", f.Delay, "err", f.Err)
	if !f.After {
		if err := f.happen(ctx, t.clock); err != nil {
			return nil, err
		}
		return m.carryOut(ctx, t, c, b)
	}
	answer, err := m.carryOut(ctx, t, c, b)
	switch hit := f.happen(ctx, t.clock); {
	case errors.Is(hit, ErrDisconnect):
		return answer, hit
	case hit != nil:
		return nil, hit
	}
	return answer, err
}

func (f Fault) happen(ctx context.Context, c clock.Clock) error {
	if f.Delay > 0 {
		if err := clock.Wait(ctx, c, f.Delay); err != nil {
			return err
		}
	}
	return f.Err
}
