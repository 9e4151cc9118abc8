package call

// Key is the key of a call that is active, for tests.
func (c *Call) Key() []byte {
	key := make(chan []byte, 1)
	c.post(func(*course) { key <- c.secret.key })
	return <-key
}
