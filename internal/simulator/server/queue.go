package server

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
)

const (
	// writeTimeout is how long a client may take to read what is sent at once.
	writeTimeout = 30 * time.Second

	// maxQueue bounds what waits for a client that does not read. Beyond it
	// the connection is cut: the client comes back and asks for what it missed.
	maxQueue = 8 << 20

	// messageCost is what a queued message takes beside its body.
	messageCost = 100

	// flushAt is how much of a queue is sent with one write.
	flushAt = 64 << 10
)

// outgoing is one payload to be sent.
type outgoing struct {
	session *session // whose key encrypts it; nil: body is the payload
	quick   bool     // body goes out as it is, without a frame
	message
}

// queue has o sent, and never blocks.
func (c *conn) queue(o outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if c.size += len(o.body) + messageCost; c.size > maxQueue {
		c.closed, c.out = true, nil
		c.nc.Close()
	} else {
		c.out = append(c.out, o)
	}
	c.filled.Signal()
}

// take waits for the queue to fill and empties it; spare becomes the new queue.
func (c *conn) take(spare []outgoing) ([]outgoing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) == 0 && !c.closed {
		c.filled.Wait()
	}
	batch := c.out
	c.out, c.size = spare[:0], 0
	return batch, !c.closed
}

// write sends what is queued until the connection is closed.
func (c *conn) write() {
	var (
		batch  []outgoing
		plain  bin.Buffer
		frames []byte
	)
	for {
		clear(batch)
		var open bool
		if batch, open = c.take(batch); !open {
			return
		}
		for i, o := range batch {
			payload := o.body
			if o.session != nil {
				if err := c.encrypt(&plain, o); err != nil {
					c.server.o.Log.Error("message not encrypted", "err", err)
					continue
				}
				payload = plain.Buf
			}
			if o.quick {
				frames = append(frames, payload...)
			} else {
				frames = c.wire.appendFrame(frames, payload)
			}
			if i < len(batch)-1 && len(frames) < flushAt {
				continue
			}
			c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.wire.w.Write(frames); err != nil {
				c.close()
				return
			}
			if frames = frames[:0]; cap(frames) > 2*flushAt {
				frames, plain.Buf = nil, nil // a big one is rare
			}
		}
	}
}

func (c *conn) encrypt(b *bin.Buffer, o outgoing) error {
	key := o.session.key
	return c.server.cipher.Encrypt(key.AuthKey, crypto.EncryptedMessageData{
		Salt:                   key.salt(),
		SessionID:              o.session.id,
		MessageID:              o.id,
		SeqNo:                  o.seq,
		MessageDataLen:         int32(len(o.body)),
		MessageDataWithPadding: o.body,
	}, b)
}
