package account

import (
	"context"
	"sync"
)

// inbox holds what waits for the manager, which takes a few at a time and none
// while it fetches a difference. Neither gotd's goroutines nor those that sent
// a request may wait for it.
type inbox struct {
	mu    sync.Mutex
	items []func(context.Context) error
	wake  chan struct{}
}

func newInbox() inbox { return inbox{wake: make(chan struct{}, 1)} }

func (i *inbox) put(item func(context.Context) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.items = append(i.items, item)
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

// run passes the items on, one after another.
func (i *inbox) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-i.wake:
		case <-ctx.Done():
		}
		i.mu.Lock()
		items := i.items
		i.items = nil
		i.mu.Unlock()
		for _, item := range items {
			_ = item(ctx) // fails only because ctx has ended
		}
	}
}
