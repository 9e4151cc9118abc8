package tl

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"reflect"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/constant"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// lookup is a peer or call whose access hash a script left out. It is filled in
// while the VM's lock is released, and holds nothing of Lua.
type lookup struct {
	form     form
	kind     peerKind      // what the peer must be
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
	peer, err := m.peer(ctx, look)
	if err != nil {
		return err
	}
	object, fits := look.form.convert(peer)
	if have := kindOf(peer); !fits || look.kind != peerAny && look.kind != have {
		return unknownPeer("PEER_ID_INVALID", "field %q: that is %s, not %s", look.at, have, look.kind)
	}
	look.dst.Set(reflect.ValueOf(object))
	return nil
}

func (m *Module) peer(ctx context.Context, look lookup) (tg.InputPeerClass, error) {
	if look.username != "" {
		peer, err := m.opts.Peers.Username(ctx, look.username)
		if err != nil {
			return nil, fmt.Errorf("find @%s: %w", look.username, err)
		}
		return peer, nil
	}
	id := look.id
	if look.kind == peerChannel && id > 0 {
		var marked constant.TDLibPeerID
		marked.Channel(id)
		id = int64(marked)
	}
	peer, ok := m.opts.Peers.Peer(ctx, id)
	if !ok {
		return nil, unknownPeer("PEER_ID_INVALID", "field %q: no %s with the id %d has been seen", look.at, look.kind.noun(), look.id)
	}
	return peer, nil
}

// unknownPeer is an error of the same types that Telegram gives, with code 0 to
// say that nothing was sent.
func unknownPeer(typ, format string, args ...any) error {
	return &tgerr.Error{Type: typ, Message: fmt.Sprintf(format, args...)}
}

// convert makes of a peer what the form's type needs.
func (f form) convert(peer tg.InputPeerClass) (bin.Object, bool) {
	switch p := peer.(type) {
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

// kindOf says what a peer is.
func kindOf(peer tg.InputPeerClass) peerKind {
	switch peer.(type) {
	case *tg.InputPeerSelf, *tg.InputPeerUser, *tg.InputPeerUserFromMessage:
		return peerUser
	case *tg.InputPeerChat:
		return peerChat
	case *tg.InputPeerChannel, *tg.InputPeerChannelFromMessage:
		return peerChannel
	}
	return peerAny
}

func (k peerKind) noun() string {
	switch k {
	case peerUser, peerSelf:
		return "user"
	case peerChat:
		return "chat"
	case peerChannel:
		return "channel"
	}
	return "peer"
}

func (k peerKind) String() string { return "a " + k.noun() }

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
	if p.name == "messages.sendPaidReaction" {
		// The time is in its upper half, or Telegram answers RANDOM_ID_EXPIRED:
		// https://core.telegram.org/method/messages.sendPaidReaction
		target.SetInt(time.Now().Unix()<<32 | random(kindInt))
		return
	}
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
