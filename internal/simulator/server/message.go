package server

import (
	"context"
	"errors"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/simulator"
)

// What can be wrong with a message of the client.
// https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
const (
	codeTimeTooLow     = 16
	codeTimeTooHigh    = 17
	codeNotFromClient  = 18
	codeContainerAgain = 19
	codeTooOld         = 20
	codeSeqTooLow      = 32
	codeSeqTooHigh     = 33
	codeSeqOdd         = 34
	codeSeqEven        = 35
	codeBadSalt        = 48
	codeBadContainer   = 64
)

const (
	// maxPast is how far behind the clock of a client may be
	// (https://core.telegram.org/mtproto/description#message-identifier-msg-id).
	maxPast = 300 * time.Second

	// maxFuture is how far ahead the clock of a client may be
	// (https://core.telegram.org/mtproto/description#message-identifier-msg-id).
	maxFuture = 30 * time.Second
)

// incoming is a message of the client.
type incoming struct {
	id   int64
	seq  int32
	body []byte
}

// accept checks what holds for a message as it came, then handles it.
func (c *conn) accept(ctx context.Context, s *session, salt int64, m incoming) {
	now, at := c.server.o.Clock.Now(), proto.MessageID(m.id).Time()
	switch {
	case !s.key.accepts(salt):
		// The message is not taken note of: it comes again under the same id.
		s.send(reply, encode(&mt.BadServerSalt{
			BadMsgID: m.id, BadMsgSeqno: int(m.seq), ErrorCode: codeBadSalt, NewServerSalt: s.key.salt(),
		}))
	case now.Sub(at) > maxPast:
		s.refuse(m, codeTimeTooLow)
	case at.Sub(now) > maxFuture:
		s.refuse(m, codeTimeTooHigh)
	default:
		c.open(ctx, s, m)
	}
}

// refuse sends bad_msg_notification.
func (s *session) refuse(m incoming, code int) {
	s.send(reply, encode(&mt.BadMsgNotification{BadMsgID: m.id, BadMsgSeqno: int(m.seq), ErrorCode: code}))
}

// open unpacks a message and, if it is a container, takes it apart.
func (c *conn) open(ctx context.Context, s *session, m incoming) {
	if m = c.unpacked(m); typeOf(m.body) != proto.MessageContainerTypeID {
		s.announce(m.id)
		c.handle(ctx, s, m)
		return
	}
	inner, err := contained(m)
	if err != nil {
		s.refuse(m, codeBadContainer)
		return
	}
	if m.seq&1 == 1 {
		s.refuse(m, codeSeqOdd)
		return
	}
	known, _, code := s.admit(m, nil)
	if known {
		code = codeContainerAgain
	}
	if code != 0 {
		s.refuse(m, code)
		return
	}
	first := m.id
	for _, in := range inner {
		first = min(first, in.id)
	}
	s.announce(first)
	for _, in := range inner {
		c.handle(ctx, s, c.unpacked(in))
	}
}

// handle handles one message that is not a container. Service messages may have
// any sequence number: well-known clients number even acknowledgements as if
// they wanted one themselves, and get along with Telegram.
func (c *conn) handle(ctx context.Context, s *session, m incoming) {
	service := services[typeOf(m.body)]
	var r *request
	if service == nil {
		r = &request{id: m.id}
	}
	switch {
	case proto.MessageID(m.id).Type() != proto.MessageFromClient:
		s.refuse(m, codeNotFromClient)
		return
	case r != nil && m.seq&1 == 0:
		s.refuse(m, codeSeqEven)
		return
	}
	known, before, code := s.admit(m, r)
	switch {
	case code != 0:
		s.refuse(m, code)
	case service != nil:
		if err := service(c, s, m); err != nil {
			c.server.o.Log.Debug("service message not understood", "err", err)
		}
	case known && before != nil:
		s.repeat(before)
	case !known:
		c.request(ctx, s, r, m.body)
	}
}

// request carries a request out on a goroutine of its own.
func (c *conn) request(ctx context.Context, s *session, r *request, body []byte) {
	inner := &bin.Buffer{Buf: body}
	l, err := s.unwrap(inner)
	if err != nil {
		s.answer(r, c.refusal(r.id, err))
		return
	}
	select {
	case c.running <- struct{}{}:
	case <-ctx.Done():
		return
	}
	c.server.work.Go(func() {
		defer func() { <-c.running }()
		result, err := s.carryOut(ctx, r, inner)
		switch {
		case errors.Is(err, simulator.ErrDisconnect) && result != nil:
			c.close() // first: the answer is for the next connection
			s.answer(r, c.result(l, r.id, result))
		case errors.Is(err, simulator.ErrDisconnect):
			s.forgo(r)
			c.close()
		case ctx.Err() != nil:
		case err != nil:
			s.answer(r, c.refusal(r.id, err))
		default:
			s.answer(r, c.result(l, r.id, result))
		}
	})
}

// carryOut does what a request asks for.
func (s *session) carryOut(ctx context.Context, r *request, b *bin.Buffer) (bin.Encoder, error) {
	if typeOf(b.Buf) == tg.AuthBindTempAuthKeyRequestTypeID {
		return s.bind(r, b)
	}
	client := s.key.acting()
	if client == nil {
		return nil, simulator.Refuse(401, "AUTH_KEY_PERM_EMPTY")
	}
	return client.Handle(ctx, b)
}

// unwrap takes a request out of its wrappers and into the newest layer, and
// gives the layer in which it is to be answered.
func (s *session) unwrap(b *bin.Buffer) (*layer, error) {
	w, err := simulator.Unwrap(b)
	if err != nil {
		return nil, err
	}
	if w.Layer != 0 {
		if err := s.speak(w.Layer); err != nil {
			return nil, err
		}
	}
	if !w.NoUpdates {
		s.wantUpdates()
	}
	l := s.spoken()
	if err := l.renew(b); err != nil {
		return nil, simulator.Refuse(400, "INPUT_FETCH_ERROR")
	}
	return l, nil
}

func (c *conn) refusal(id int64, err error) []byte {
	if e, ok := tgerr.As(err); ok {
		return rpcError(id, e.Code, e.Message)
	}
	c.server.o.Log.Error("request failed", "err", err)
	return rpcError(id, 500, "INTERNAL")
}

// typeOf is the constructor of what is encoded; 0 if there is none.
func typeOf(body []byte) uint32 {
	b := bin.Buffer{Buf: body}
	id, _ := b.PeekID()
	return id
}
