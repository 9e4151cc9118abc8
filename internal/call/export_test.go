package call

import (
	"context"

	"luahost/internal/store"
)

// Key is the key of a call that is active, for tests.
func (c *Call) Key() []byte {
	key := make(chan []byte, 1)
	c.post(func(*course) { key <- c.secret.key })
	return <-key
}

// KeepRow writes a row of the call to the disk, as an accept does before it.
func (c *Call) KeepRow(ctx context.Context, row store.Call) error { return c.keepRow(ctx, row) }
