package simulator

import (
	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// query stands where a wrapper has the request that it wraps, always last, and
// takes it as the bytes that it is.
type query struct{ b *bin.Buffer }

func (q *query) Decode(b *bin.Buffer) error {
	q.b.ResetTo(b.Copy())
	return nil
}

func (q *query) Encode(b *bin.Buffer) error {
	b.Put(q.b.Buf)
	return nil
}

// unwrap takes a request out of the wrappers that say how to carry it out
// (https://core.telegram.org/api/invoking). Our choice: the layer, the client's
// description and the order after other requests change nothing here; a
// connection that wants no updates does not subscribe.
func unwrap(b *bin.Buffer) error {
	for {
		id, err := b.PeekID()
		if err != nil {
			return Refuse(400, "INPUT_FETCH_ERROR")
		}
		inner := new(bin.Buffer)
		q := &query{inner}
		var wrapper bin.Decoder
		switch id {
		case tg.InvokeWithLayerRequestTypeID:
			wrapper = &tg.InvokeWithLayerRequest{Query: q}
		case tg.InitConnectionRequestTypeID:
			wrapper = &tg.InitConnectionRequest{Query: q}
		case tg.InvokeWithoutUpdatesRequestTypeID:
			wrapper = &tg.InvokeWithoutUpdatesRequest{Query: q}
		case tg.InvokeAfterMsgRequestTypeID:
			wrapper = &tg.InvokeAfterMsgRequest{Query: q}
		case tg.InvokeAfterMsgsRequestTypeID:
			wrapper = &tg.InvokeAfterMsgsRequest{Query: q}
		default:
			return nil
		}
		if err := wrapper.Decode(b); err != nil {
			return Refuse(400, "INPUT_FETCH_ERROR")
		}
		b.ResetTo(inner.Buf)
	}
}
