package tl

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// lookup is a peer or call whose access hash a script left out. It is filled in
// while the VM's lock is released, and holds nothing of Lua.
type lookup struct {
	form     form
	dst      reflect.Value // the field to fill
	id       int64
	username string // looked up instead of id when it is not empty
	at       string // path of the field
}

// resolve fills in what the script left out.
func (m *Module) resolve(ctx context.Context, lookups []lookup) error {
	for _, look := range lookups {
		if err := m.fill(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) fill(ctx context.Context, look lookup) error {
	if look.form == formCall {
		hash, ok := m.opts.Peers.Call(ctx, look.id)
		if !ok {
			return unknownPeer("CALL_PEER_INVALID", "field %q: no call with the id %d has been seen", look.at, look.id)
		}
		look.dst.Set(reflect.ValueOf(tg.InputPhoneCall{ID: look.id, AccessHash: hash}))
		return nil
	}
	var peer tg.InputPeerClass
	if look.username != "" {
		found, err := m.opts.Peers.Username(ctx, look.username)
		if err != nil {
			return fmt.Errorf("find @%s: %w", look.username, err)
		}
		peer = found
	} else {
		found, ok := m.opts.Peers.Peer(ctx, look.id)
		if !ok {
			return unknownPeer("PEER_ID_INVALID", "field %q: no peer with the id %d has been seen", look.at, look.id)
		}
		peer = found
	}
	object, fits := look.form.convert(peer)
	if !fits {
		return unknownPeer("PEER_ID_INVALID", "field %q: that is %s, not %s", look.at, peer.TypeName(), look.form.explain())
	}
	look.dst.Set(reflect.ValueOf(object))
	return nil
}

// unknownPeer is an error of the same types that Telegram gives, with code 0 to
// say that nothing was sent.
func unknownPeer(typ, format string, args ...any) error {
	return &tgerr.Error{Type: typ, Message: fmt.Sprintf(format, args...)}
}

// convert makes of a peer what the form's type needs.
func (f form) convert(peer tg.InputPeerClass) (bin.Object, bool) {
	switch p := peer.(type) {
	case nil:
		return nil, false
	case *tg.InputPeerSelf:
		if f == formUser {
			return &tg.InputUserSelf{}, true
		}
	case *tg.InputPeerUser:
		if f == formUser {
			return &tg.InputUser{UserID: p.UserID, AccessHash: p.AccessHash}, true
		}
	case *tg.InputPeerUserFromMessage:
		if f == formUser {
			return &tg.InputUserFromMessage{Peer: p.Peer, MsgID: p.MsgID, UserID: p.UserID}, true
		}
	case *tg.InputPeerChannel:
		if f == formChannel {
			return &tg.InputChannel{ChannelID: p.ChannelID, AccessHash: p.AccessHash}, true
		}
	case *tg.InputPeerChannelFromMessage:
		if f == formChannel {
			return &tg.InputChannelFromMessage{Peer: p.Peer, MsgID: p.MsgID, ChannelID: p.ChannelID}, true
		}
	}
	return peer, f == formPeer
}

func peerOf(kind peerKind, id, hash int64) tg.InputPeerClass {
	switch kind {
	case peerUser:
		return &tg.InputPeerUser{UserID: id, AccessHash: hash}
	case peerChat:
		return &tg.InputPeerChat{ChatID: id}
	default:
		return &tg.InputPeerChannel{ChannelID: id, AccessHash: hash}
	}
}

// drawRandom sets a random_id that the script left out. A vector gets as many as
// the request has ids.
func (p *plan) drawRandom(f *field, dst reflect.Value) {
	target := dst.Field(f.index)
	if f.typ.kind != kindVector {
		target.SetInt(random(f.typ.kind))
		return
	}
	n := 0
	if i, ok := p.byName["id"]; ok && p.fields[i].typ.kind == kindVector {
		n = dst.Field(p.fields[i].index).Len()
	}
	drawn := make([]int64, n)
	for i := range drawn {
		drawn[i] = random(f.typ.elem.kind)
	}
	target.Set(reflect.ValueOf(drawn))
}

// random draws a number that is not 0, which Telegram takes for none.
func random(k kind) int64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		n := int64(binary.LittleEndian.Uint64(b[:]))
		if k == kindInt {
			n = int64(int32(n)) & 0x7fffffff
		}
		if n != 0 {
			return n
		}
	}
}
