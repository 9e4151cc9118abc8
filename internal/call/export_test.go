package call

import "context"

// Key is the key of a call that is active, for tests.
func (c *Call) Key() []byte {
	key := make(chan []byte, 1)
	c.post(func(*course) { key <- c.secret.key })
	return <-key
}

// Keep writes the call's row to the disk.
func (c *Call) Keep(ctx context.Context) error { return c.keep(ctx) }
