package account

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gotd/td/constant"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/internal/store"
)

// nameLife is how long a username that was seen is believed to be the same
// peer's. Names change hands, but seldom.
const nameLife = 24 * time.Hour

// Call returns the access hash of a call that the account saw lately.
func (a *Account) Call(_ context.Context, id int64) (accessHash int64, ok bool) {
	return a.calls.get(id)
}

// Peer returns a user, channel or basic group that the account has seen. Telegram
// numbers each of the three apart, so a plain id means a user if there is one,
// then a channel, then a group; the marked ids that bots use (-100… for a
// channel, -… for a group) are understood too.
func (a *Account) Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool) {
	self := a.Self()
	if self == nil || a.opts.Store == nil {
		return nil, false
	}
	kinds := []store.Kind{store.User, store.Channel, store.Chat}
	if marked := constant.TDLibPeerID(id); id < 0 {
		kinds = []store.Kind{store.Chat}
		if marked.IsChannel() {
			kinds = []store.Kind{store.Channel}
		}
		id = marked.ToPlain()
	}
	for _, kind := range kinds {
		p, ok, err := a.opts.Store.Peer(ctx, self.ID, kind, id)
		if err != nil {
			a.log.Error("peer cannot be read", slog.Any("err", err))
		}
		if ok {
			return inputPeer(p), true
		}
	}
	if id == self.ID {
		return &tg.InputPeerSelf{}, true
	}
	return nil, false
}

// Username returns the peer that has the name, with or without @. It asks
// Telegram unless the account saw the peer within a day; Telegram's refusal,
// such as USERNAME_NOT_OCCUPIED, is the error.
func (a *Account) Username(ctx context.Context, name string) (tg.InputPeerClass, error) {
	name = strings.TrimPrefix(name, "@")
	known, ok := a.named(ctx, name)
	if ok && a.clock.Now().Sub(known.Seen) < nameLife {
		return inputPeer(known), nil
	}
	found, err := tg.NewClient(a).ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: name})
	if err != nil {
		if ok && (errors.Is(err, ErrNotConnected) || errors.Is(err, ErrTimeout)) {
			return inputPeer(known), nil // without a connection the last that was known is the best there is
		}
		return nil, err
	}
	if p, ok := resolved(found); ok {
		return inputPeer(p), nil
	}
	return nil, tgerr.New(400, "USERNAME_NOT_OCCUPIED")
}

func (a *Account) named(ctx context.Context, name string) (store.Peer, bool) {
	self := a.Self()
	if self == nil || a.opts.Store == nil {
		return store.Peer{}, false
	}
	p, ok, err := a.opts.Store.PeerByUsername(ctx, self.ID, name)
	if err != nil {
		a.log.Error("peer cannot be read", slog.Any("err", err))
	}
	return p, ok
}

func resolved(found *tg.ContactsResolvedPeer) (store.Peer, bool) {
	var kind store.Kind
	var id int64
	switch p := found.Peer.(type) {
	case *tg.PeerUser:
		kind, id = store.User, p.UserID
	case *tg.PeerChat:
		kind, id = store.Chat, p.ChatID
	case *tg.PeerChannel:
		kind, id = store.Channel, p.ChannelID
	}
	for _, p := range append(usersOf(found.Users), chatsOf(found.Chats)...) {
		if p.Kind == kind && p.ID == id {
			return p, true
		}
	}
	return store.Peer{}, false
}

func inputPeer(p store.Peer) tg.InputPeerClass {
	switch p.Kind {
	case store.User:
		return &tg.InputPeerUser{UserID: p.ID, AccessHash: p.AccessHash}
	case store.Channel:
		return &tg.InputPeerChannel{ChannelID: p.ID, AccessHash: p.AccessHash}
	default:
		return &tg.InputPeerChat{ChatID: p.ID}
	}
}
