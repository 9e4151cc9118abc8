package simulator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// ErrDisconnect says that the connection that the request came over must be cut
// before it is answered: a fault asked for it.
var ErrDisconnect = errors.New("the connection is cut")

// Refuse is Telegram's refusal of a request, such as 400 CALL_PEER_INVALID.
func Refuse(code int, typ string) error { return tgerr.New(code, typ) }

// Client is what the holder of one authorization key sees of Telegram: one
// device, logged in as at most one user. It is a tg.Invoker, so tg.NewClient
// makes a typed client of it. Its methods may be called concurrently.
type Client struct {
	telegram *Telegram
	key      [8]byte

	// Guarded by telegram.mu.
	user    *user         // nil: not logged in
	halfway *user         // gave the right code, owes the password
	srp     *srpChallenge // the last one given
	sinks   []*mailbox[tg.UpdatesClass]
	noCalls bool      // is not rung
	since   time.Time // logged in
}

// Client gives the client of an authorization key, by the key's id. On the
// first use of a key it is not logged in.
func (t *Telegram) Client(key [8]byte) *Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client(key)
}

func (t *Telegram) client(key [8]byte) *Client {
	c := t.clients[key]
	if c == nil {
		c = &Client{telegram: t, key: key}
		t.clients[key] = c
	}
	return c
}

// Login gives a new client that is logged in as a user or bot, without the
// ceremony. Nobody having that id, the client is one that is not logged in.
func (t *Telegram) Login(userID int64) *Client {
	t.mu.Lock()
	defer t.release()
	c := t.client([8]byte(t.random(8)))
	if u := t.users[userID]; u != nil {
		t.logIn(c, u)
	}
	return c
}

// Key is the id of the client's authorization key.
func (c *Client) Key() [8]byte { return c.key }

// UserID is whom the client is logged in as; 0 means nobody.
func (c *Client) UserID() int64 {
	c.telegram.mu.Lock()
	defer c.telegram.mu.Unlock()
	if c.user == nil {
		return 0
	}
	return c.user.ID
}

// Invoke sends a request and waits for its answer. The error is a *tgerr.Error,
// ErrDisconnect, or what ctx ended with.
func (c *Client) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var b bin.Buffer
	if err := in.Encode(&b); err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	answer, err := c.Handle(ctx, &b)
	if err != nil {
		return err
	}
	b.Reset()
	if err := answer.Encode(&b); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	if err := out.Decode(&b); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// Handle carries out a request as it came over the wire, in its wrappers
// (invokeWithLayer, …) or bare. The answer belongs to the caller. The error is
// a *tgerr.Error, ErrDisconnect, or what ctx ended with. An answer beside
// ErrDisconnect says that the request was carried out: it is for the next
// connection.
func (c *Client) Handle(ctx context.Context, b *bin.Buffer) (bin.Encoder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := Unwrap(b); err != nil {
		return nil, err
	}
	id, err := b.PeekID()
	if err != nil {
		return nil, Refuse(400, "INPUT_FETCH_ERROR")
	}
	m, known := c.telegram.methods[id]
	if !known {
		c.telegram.log.Debug("unknown method", "id", fmt.Sprintf("%08x", id))
		return nil, Refuse(400, "METHOD_INVALID")
	}
	return c.telegram.faulty(ctx, c, m, b)
}

// LogOut takes the client out of its user's hands, as auth.logOut does.
func (c *Client) LogOut() {
	c.telegram.mu.Lock()
	defer c.telegram.release()
	c.telegram.logOut(c)
}

// Forget logs out the client of a key that nobody holds any more. A client that
// is asked for by this key later is another one.
func (t *Telegram) Forget(key [8]byte) {
	t.mu.Lock()
	defer t.release()
	if c := t.clients[key]; c != nil {
		t.logOut(c)
		delete(t.clients, key)
	}
}

// Subscribe gives sink the updates of the client's user from now on, in order,
// each a copy of its own, until cancel. Sink must not block; it may send
// requests. As with Telegram, what a client's own request changed comes in the
// answer and not here; the user's other clients get it here. The subscription
// lasts over a logout and a login. After cancel no delivery begins, but one may
// be under way.
func (c *Client) Subscribe(sink func(tg.UpdatesClass)) (cancel func()) {
	m := &mailbox[tg.UpdatesClass]{sink: sink}
	c.telegram.mu.Lock()
	defer c.telegram.mu.Unlock()
	c.sinks = append(c.sinks, m)
	return func() {
		c.telegram.mu.Lock()
		defer c.telegram.mu.Unlock()
		c.sinks = slices.DeleteFunc(c.sinks, func(s *mailbox[tg.UpdatesClass]) bool { return s == m })
		m.close()
	}
}
