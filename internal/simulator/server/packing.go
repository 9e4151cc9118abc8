package server

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

const (
	// maxContained is how many messages a container may hold
	// (https://core.telegram.org/mtproto/service_messages#containers).
	maxContained = 1020

	// maxUnpacked bounds what a packed message may unpack to.
	maxUnpacked = 4 << 20

	// packAbove is the size from which an answer is packed.
	packAbove = 4 << 10
)

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

// result is an rpc_result, packed when that makes it smaller.
func (c *conn) result(l *layer, id int64, result bin.Encoder) []byte {
	b, err := rpcResult(l, id, result)
	if err != nil {
		return c.refusal(id, err)
	}
	const head = 4 + 8
	if len(b) < packAbove {
		return b
	}
	packed, err := rpcResult(nil, id, proto.GZIP{Data: b[head:]})
	if err != nil || len(packed) >= len(b) {
		return b
	}
	return packed
}

func rpcResult(l *layer, id int64, result bin.Encoder) ([]byte, error) {
	var b bin.Buffer
	b.PutID(proto.ResultTypeID)
	b.PutLong(id)
	err := l.encode(&b, result)
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
