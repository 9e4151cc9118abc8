package account

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/transport"
)

// wires makes gotd's connections, and keeps them in hand: to know when the server
// was heard last and what time it has, and to cut them. gotd offers neither. There
// is one, and for a while another one where a file lies in another data centre.
type wires struct {
	dcs.Resolver
	session *session
	time    *serverTime
	cipher  crypto.Cipher

	heard     atomic.Int64 // when a frame came last, by the session's LinkClock, in nanoseconds
	looks     atomic.Int32 // so many messages to come tell the server's time
	fresh     atomic.Bool  // the next of them has not been long on its way
	forgotten atomic.Bool  // the server does not know the session's key; gotd makes another one

	mu      sync.Mutex
	open    map[*wire]struct{}
	key     crypto.AuthKey // of the session; the zero key: none is known
	because *notice        // why they were cut
}

// notice is a line of the log.
type notice struct {
	text  string
	attrs []any
}

func newWires(s *session, from dcs.Resolver) *wires {
	return &wires{
		Resolver: from, session: s, time: newServerTime(),
		cipher: crypto.NewClientCipher(crypto.DefaultRand()), open: make(map[*wire]struct{}),
	}
}

// Primary implements dcs.Resolver.
func (w *wires) Primary(ctx context.Context, dc int, list dcs.List) (transport.Conn, error) {
	conn, err := w.Resolver.Primary(ctx, dc, list)
	if err != nil {
		return nil, err
	}
	c := &wire{conn, w}
	w.mu.Lock()
	w.open[c] = struct{}{}
	w.mu.Unlock()
	w.look(true)
	w.listened()
	return c, nil
}

// look has the next messages tell the server's time: some, because the first may
// have been on their way when a clock was set.
func (w *wires) look(fresh bool) {
	w.looks.Store(8)
	if fresh {
		w.fresh.Store(true)
	}
}

func (w *wires) listened() { w.heard.Store(w.session.opts.LinkClock.Now().UnixNano()) }

// silence is how long ago the server was heard.
func (w *wires) silence() time.Duration {
	return w.session.opts.LinkClock.Now().Sub(time.Unix(0, w.heard.Load()))
}

// cut ends what is connected, after which gotd connects again. The text goes into
// the log in the place of what gotd finds.
func (w *wires) cut(text string, attrs ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) > 0 {
		w.because = &notice{text, attrs}
		w.close()
	}
}

// drop ends what is connected because it is broken already.
func (w *wires) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.close()
}

// close is called with w.mu held.
func (w *wires) close() {
	for c := range w.open {
		_ = c.Conn.Close() // it is of no use: that it cannot be closed properly changes nothing
	}
	clear(w.open)
}

// reason gives what the last cut was for, once.
func (w *wires) reason() *notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	because := w.because
	w.because = nil
	return because
}

// know is told the session's key when it is read or made.
func (w *wires) know(key crypto.AuthKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.key = key
}

// wire is one connection.
type wire struct {
	transport.Conn
	of *wires
}

// Recv implements transport.Conn.
func (c *wire) Recv(ctx context.Context, b *bin.Buffer) error {
	if err := c.Conn.Recv(ctx, b); err != nil {
		var refusal *codec.ProtocolErr
		if errors.As(err, &refusal) && refusal.Code == codec.CodeAuthKeyNotFound {
			c.of.forgotten.Store(true)
		}
		return err
	}
	c.of.listened()
	if c.of.looks.Load() > 0 {
		c.of.tellTime(b)
	}
	return nil
}

// Close implements transport.Conn.
func (c *wire) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// tellTime takes the server's time from a frame that came just now. Where that
// shows that the clock is wrong the connection is of no use any more: what was
// sent over it has numbers that the server refuses.
func (w *wires) tellTime(frame *bin.Buffer) {
	id, ok := w.messageID(frame)
	if !ok {
		return
	}
	w.looks.Add(-1)
	if off, changed := w.time.learn(proto.MessageID(id).Time(), w.fresh.Swap(false)); changed {
		w.cut("this computer's clock is wrong, going by the server's", slog.Duration("off", off.Round(time.Second)))
	}
}

// messageID is the number of the message in a frame, which begins with its time:
// in the clear while a key is made, otherwise under the key that the frame names.
// https://core.telegram.org/mtproto/description
func (w *wires) messageID(frame *bin.Buffer) (id int64, ok bool) {
	if frame.Len() < 24 {
		return 0, false // an error code
	}
	if binary.LittleEndian.Uint64(frame.Buf) == 0 {
		return int64(binary.LittleEndian.Uint64(frame.Buf[8:])), true
	}
	w.mu.Lock()
	key := w.key
	w.mu.Unlock()
	if [8]byte(frame.Buf[:8]) != key.ID {
		return 0, false
	}
	m, err := w.cipher.DecryptFromBuffer(key, &bin.Buffer{Buf: frame.Copy()})
	if err != nil {
		return 0, false // gotd says what is wrong with it
	}
	return m.MessageID, true
}
