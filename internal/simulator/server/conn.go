package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"

	"luahost/internal/clock"
)

const (
	// strangerTimeout is how long a client may take for each step until it
	// has shown a key.
	strangerTimeout = time.Minute

	// maxDelay bounds what ping_delay_disconnect may ask for.
	maxDelay = 10 * time.Minute

	// maxRunning bounds the requests of one connection that run at a time;
	// reading stops until one is done.
	maxRunning = 4096

	// encryptedHead is the id of the key and the key of the message;
	// shortestEncrypted is that and the smallest thing that can follow.
	encryptedHead     = 8 + 16
	shortestEncrypted = encryptedHead + 32 + 16
)

// conn is one connection. Its fields belong to its reader, but for what the
// queue's mutex guards.
type conn struct {
	server    *Server
	number    int // later ones have higher numbers
	nc        net.Conn
	wire      *wire
	handshake handshake
	sessions  map[*session]struct{} // that came over it
	running   chan struct{}         // one element per request that runs
	known     bool                  // it has shown a key
	delay     time.Duration         // that ping_delay_disconnect asked for last
	delayed   clock.Timer           // cuts the connection then; nil: was not asked for

	mu     sync.Mutex
	filled *sync.Cond // the queue is not empty, or closed
	out    []outgoing
	size   int // of what is in out, in bytes
	closed bool
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{
		server:    s,
		nc:        nc,
		handshake: handshake{rsa: s.rsa, now: s.o.Clock.Now},
		sessions:  make(map[*session]struct{}),
		running:   make(chan struct{}, maxRunning),
	}
	c.filled = sync.NewCond(&c.mu)
	return c
}

// close cuts the connection; serve ends soon after.
func (c *conn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.out = true, nil
	c.filled.Signal()
	c.nc.Close()
}

// serve reads until the connection ends.
func (c *conn) serve(ctx context.Context) {
	err := c.read(ctx)
	c.server.o.Log.Debug("connection ended", "client", c.nc.RemoteAddr().String(), "reason", err)
	c.close()
	if c.delayed != nil {
		c.delayed.Stop()
	}
	for s := range c.sessions {
		s.detach(c)
	}
	c.server.forget(c)
}

func (c *conn) read(ctx context.Context) error {
	c.extend()
	w, err := detect(c.nc)
	if err != nil {
		return fmt.Errorf("detect transport: %w", err)
	}
	c.wire = w
	c.server.work.Go(c.write)
	for {
		c.extend()
		frame, err := w.readFrame()
		if err != nil {
			return fmt.Errorf("read frame: %w", err)
		}
		if err := c.receive(ctx, frame); err != nil {
			return err
		}
	}
}

// extend gives the client time for its next message.
func (c *conn) extend() {
	switch {
	case !c.known:
		c.nc.SetReadDeadline(time.Now().Add(strangerTimeout))
	default:
		c.nc.SetReadDeadline(time.Now().Add(max(c.server.o.ReadTimeout, c.delay)))
	}
}

// endAfter cuts the connection after d, unless the client asks again before.
func (c *conn) endAfter(d time.Duration) {
	if c.delayed != nil {
		c.delayed.Stop()
	}
	c.delay, c.delayed = d, c.server.o.Clock.AfterFunc(d, c.close)
}

// receive handles one payload. An error ends the connection.
func (c *conn) receive(ctx context.Context, frame []byte) error {
	if len(frame) < 8 {
		return errors.New("payload is too short")
	}
	keyID := [8]byte(frame)
	if keyID == [8]byte{} {
		return c.plain(frame)
	}
	key := c.server.key(keyID)
	if key == nil {
		c.refuse(errKeyNotFound)
		return nil
	}
	if len(frame) < shortestEncrypted {
		return errors.New("encrypted payload is too short")
	}
	// What is beyond whole blocks is the transport's padding.
	frame = frame[:len(frame)-(len(frame)-encryptedHead)%16]
	data, err := c.server.cipher.DecryptFromBuffer(key.AuthKey, &bin.Buffer{Buf: frame})
	if err != nil {
		return fmt.Errorf("decrypt message: %w", err)
	}
	if !c.known {
		c.known = true
		c.server.recognize(c)
	}
	if c.wire.quick {
		c.acknowledgeQuickly(key.Value, data)
	}
	s := key.session(data.SessionID)
	_, again := c.sessions[s]
	c.sessions[s] = struct{}{}
	if len(c.sessions) > maxSessions {
		return errors.New("too many sessions on one connection")
	}
	s.attach(c, !again)
	c.accept(ctx, s, data.Salt, incoming{id: data.MessageID, seq: data.SeqNo, body: data.Data()})
	return nil
}

// acknowledgeQuickly tells the client that its payload came whole, before it is
// looked at: the first 32 bits of the hash that the message key is cut from.
//
// https://core.telegram.org/mtproto/mtproto-transports#quick-ack
func (c *conn) acknowledgeQuickly(key crypto.Key, data *crypto.EncryptedMessageData) {
	var b bin.Buffer
	b.Put(key[88 : 88+32])
	if err := data.Encode(&b); err != nil {
		return
	}
	sum := sha256.Sum256(b.Buf)
	c.queue(outgoing{quick: true, message: message{body: c.wire.quickAck(binary.LittleEndian.Uint32(sum[:]))}})
}

// plain handles an unencrypted message: a step of making a key.
func (c *conn) plain(frame []byte) error {
	var m proto.UnencryptedMessage
	if err := m.Decode(&bin.Buffer{Buf: frame}); err != nil {
		return fmt.Errorf("decode unencrypted message: %w", err)
	}
	answer, done, err := c.handshake.handle(&bin.Buffer{Buf: m.MessageData})
	if refusal := (*codec.ProtocolErr)(nil); errors.As(err, &refusal) {
		c.refuse(refusal)
		return nil
	}
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if done != nil {
		c.server.addKey(done)
	}
	c.queue(outgoing{message: message{body: encode(proto.UnencryptedMessage{
		MessageID:   c.server.ids.New(proto.MessageServerResponse),
		MessageData: encode(answer),
	})}})
	return nil
}

// refuse sends an error of the transport. The connection stays: after -404 a
// client makes a new key on it.
//
// https://core.telegram.org/mtproto/mtproto-transports#transport-errors
func (c *conn) refuse(e *codec.ProtocolErr) {
	var b bin.Buffer
	b.PutInt32(-e.Code)
	c.queue(outgoing{message: message{body: b.Buf}})
}
