package host

import (
	"context"
	"sync"

	"luahost/internal/account"
)

// arrival is an update and the account that it came to.
type arrival struct {
	account *account.Account
	update  account.Update
}

// queue hands updates from the connections' goroutines to the host's own. A put
// never blocks: an account's reader that waits for the host cannot read the
// answer that the host waits for.
type queue struct {
	mu      sync.Mutex
	pending []arrival
	ready   chan struct{} // holds a token while pending is not empty
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) put(a arrival) {
	q.mu.Lock()
	q.pending = append(q.pending, a)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// drain calls handle for each arrival, in order, until ctx ends.
func (q *queue) drain(ctx context.Context, handle func(context.Context, arrival)) {
	var batch []arrival
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.ready:
		}
		q.mu.Lock()
		batch, q.pending = q.pending, batch[:0]
		q.mu.Unlock()
		for i, a := range batch {
			batch[i] = arrival{} // the slice is used again: let the update go
			handle(ctx, a)
		}
	}
}
