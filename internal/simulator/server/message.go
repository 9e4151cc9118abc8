package server

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
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
	// A client's clock may be that far behind or ahead.
	maxPast   = 300 * time.Second
	maxFuture = 30 * time.Second

	// maxUnpacked bounds what a packed message may unpack to.
	maxUnpacked = 4 << 20

	// packAbove is the size from which an answer is packed.
	packAbove = 4 << 10

	// maxContained is how many messages Telegram takes in a container.
	maxContained = 1020
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
	known, _, code := s.admit(m.id, m.seq, nil)
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

// contained gives the messages in a container. Those may be old: a container is
// how a client sends again what was lost.
func contained(m incoming) ([]incoming, error) {
	b := bin.Buffer{Buf: m.body[bin.Word:]}
	n, err := b.Int()
	if err != nil || n < 0 || n > maxContained {
		return nil, errors.New("bad length of a container")
	}
	inner := make([]incoming, 0, min(n, b.Len()/16))
	for range n {
		id, err1 := b.Long()
		seq, err2 := b.Int32()
		size, err3 := b.Int()
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		if size < 0 || size > b.Len() || id >= m.id {
			return nil, errors.New("bad message in a container")
		}
		inner = append(inner, incoming{id: id, seq: seq, body: b.Buf[:size:size]})
		b.Skip(size)
	}
	return inner, nil
}

// unpacked gives m with gzip_packed undone. Some clients pack with zlib.
// What cannot be unpacked stays, and is refused as an unknown method later.
func (c *conn) unpacked(m incoming) incoming {
	if typeOf(m.body) != proto.GZIPTypeID {
		return m
	}
	b := bin.Buffer{Buf: m.body[bin.Word:]}
	data, err := b.Bytes()
	if err != nil {
		return m
	}
	body, err := unpack(data)
	if err != nil {
		c.server.o.Log.Debug("message not unpacked", "err", err)
		return m
	}
	m.body = body
	return m
}

func unpack(data []byte) ([]byte, error) {
	var (
		r   io.Reader
		err error
	)
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		r, err = gzip.NewReader(bytes.NewReader(data))
	} else {
		r, err = zlib.NewReader(bytes.NewReader(data))
	}
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxUnpacked {
		return nil, errors.New("message unpacks to too much")
	}
	return body, nil
}

// handle handles one message that is not a container.
func (c *conn) handle(ctx context.Context, s *session, m incoming) {
	typ := typeOf(m.body)
	service := services[typ]
	var r *request
	if service == nil {
		r = &request{id: m.id}
	}
	switch {
	case proto.MessageID(m.id).Type() != proto.MessageFromClient:
		s.refuse(m, codeNotFromClient)
		return
	case typ == mt.MsgsAckTypeID && m.seq&1 == 1:
		s.refuse(m, codeSeqOdd)
		return
	case r != nil && m.seq&1 == 0:
		s.refuse(m, codeSeqEven)
		return
	}
	known, before, code := s.admit(m.id, m.seq, r)
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
	if typeOf(body) != tg.InvokeWithoutUpdatesRequestTypeID {
		s.wantUpdates()
	}
	select {
	case c.running <- struct{}{}:
	case <-ctx.Done():
		return
	}
	c.server.work.Go(func() {
		defer func() { <-c.running }()
		result, err := s.key.client.Handle(ctx, &bin.Buffer{Buf: body})
		switch {
		case errors.Is(err, simulator.ErrDisconnect):
			s.forgo(r)
			c.close()
		case ctx.Err() != nil:
		case err != nil:
			s.answer(r, c.refusal(r.id, err))
		default:
			s.answer(r, c.result(r.id, result))
		}
	})
}

func (c *conn) refusal(id int64, err error) []byte {
	if e, ok := tgerr.As(err); ok {
		return rpcError(id, e.Code, e.Message)
	}
	c.server.o.Log.Error("request failed", "err", err)
	return rpcError(id, 500, "INTERNAL")
}

// result is an rpc_result, packed when that makes it smaller.
func (c *conn) result(id int64, result bin.Encoder) []byte {
	b, err := rpcResult(id, result)
	if err != nil {
		return c.refusal(id, err)
	}
	const head = 4 + 8
	if len(b) < packAbove {
		return b
	}
	packed, err := rpcResult(id, proto.GZIP{Data: b[head:]})
	if err != nil || len(packed) >= len(b) {
		return b
	}
	return packed
}

func rpcResult(id int64, result bin.Encoder) ([]byte, error) {
	var b bin.Buffer
	b.PutID(proto.ResultTypeID)
	b.PutLong(id)
	err := b.Encode(result)
	return b.Buf, err
}

func rpcError(id int64, code int, message string) []byte {
	return encode(&proto.Result{
		RequestMessageID: id,
		Result:           encode(&mt.RPCError{ErrorCode: code, ErrorMessage: message}),
	})
}

// encode is for what cannot fail: the types of MTProto itself.
func encode(e bin.Encoder) []byte {
	var b bin.Buffer
	if err := e.Encode(&b); err != nil {
		panic(err)
	}
	return b.Buf
}

// typeOf is the constructor of what is encoded; 0 if there is none.
func typeOf(body []byte) uint32 {
	b := bin.Buffer{Buf: body}
	id, _ := b.PeekID()
	return id
}
