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

// Wrapped is what the wrappers around a request say of how to carry it out.
type Wrapped struct {
	Layer     int  // of the API that the client speaks; 0: not said
	NoUpdates bool // the client wants none on this connection
}

// maxWrappers is how many wrappers a request may be in. Our choice; clients use
// three at most.
const maxWrappers = 16

// Unwrap takes a request out of its wrappers
// (https://core.telegram.org/api/invoking). Our choice: the client's description
// and the order after other requests change nothing here.
func Unwrap(b *bin.Buffer) (Wrapped, error) {
	var w Wrapped
	for range maxWrappers + 1 {
		id, err := b.PeekID()
		if err != nil {
			return w, Refuse(400, "INPUT_FETCH_ERROR")
		}
		inner := new(bin.Buffer)
		q := &query{inner}
		var (
			wrapper bin.Decoder
			layer   tg.InvokeWithLayerRequest
		)
		switch id {
		case tg.InvokeWithLayerRequestTypeID:
			layer.Query = q
			wrapper = &layer
		case tg.InitConnectionRequestTypeID:
			wrapper = &tg.InitConnectionRequest{Query: q}
		case tg.InvokeWithoutUpdatesRequestTypeID:
			w.NoUpdates = true
			wrapper = &tg.InvokeWithoutUpdatesRequest{Query: q}
		case tg.InvokeAfterMsgRequestTypeID:
			wrapper = &tg.InvokeAfterMsgRequest{Query: q}
		case tg.InvokeAfterMsgsRequestTypeID:
			wrapper = &tg.InvokeAfterMsgsRequest{Query: q}
		default:
			return w, nil
		}
		if err := wrapper.Decode(b); err != nil {
			return w, Refuse(400, "INPUT_FETCH_ERROR")
		}
		if layer.Layer != 0 {
			w.Layer = layer.Layer
		}
		b.ResetTo(inner.Buf)
	}
	return w, Refuse(400, "INPUT_FETCH_ERROR")
}
