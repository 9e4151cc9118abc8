package account

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/updates/hook"
	"github.com/gotd/td/tg"

	"luahost/internal/store"
)

// learn takes in what the answer to a request tells beside what was asked for:
// peers, calls, updates, and a move of the numbering of updates.
func (s *session) learn(in bin.Encoder, out bin.Decoder) {
	s.saw(out)
	if s.feed == nil {
		return
	}
	if box, ok := out.(*tg.UpdatesBox); ok {
		short, isShort := box.Updates.(*tg.UpdateShortSentMessage)
		switch full, ok := s.completed(in, short); {
		case !isShort:
			s.feed.receive(unshared(box.Updates))
		case ok:
			s.feed.receive(full)
		default: // only the numbering is left of it
			s.feed.moved(0, short.Pts, short.PtsCount)
		}
		return
	}
	// gotd knows which results move which numbering; its hook runs after a
	// request, and this one is over.
	over := telegram.InvokeFunc(func(context.Context, bin.Encoder, bin.Decoder) error { return nil })
	_ = hook.AffectedHook(s.feed).Handle(over).Invoke(context.Background(), in, out) // queues: cannot fail
}

// unshared gives the manager a list of updates of its own: it sorts the list,
// while whoever made the request reads it.
func unshared(u tg.UpdatesClass) tg.UpdatesClass {
	switch u := u.(type) {
	case *tg.Updates:
		own := *u
		own.Updates = slices.Clone(u.Updates)
		return &own
	case *tg.UpdatesCombined:
		own := *u
		own.Updates = slices.Clone(u.Updates)
		return &own
	}
	return u
}

// completed fills in what the short answer to messages.sendMessage leaves out
// because who sent it knows it: https://core.telegram.org/constructor/updateShortSentMessage
func (s *session) completed(in bin.Encoder, short *tg.UpdateShortSentMessage) (tg.UpdatesClass, bool) {
	sent, ok := in.(*tg.MessagesSendMessageRequest)
	if !ok || short == nil {
		return nil, false
	}
	message := &tg.Message{Out: short.Out, ID: short.ID, Date: short.Date, Message: sent.Message}
	switch to := sent.Peer.(type) {
	case *tg.InputPeerUser:
		message.PeerID = &tg.PeerUser{UserID: to.UserID}
	case *tg.InputPeerSelf:
		message.PeerID = &tg.PeerUser{UserID: s.Self().ID}
	default: // a group or channel, which is answered in full
		return nil, false
	}
	if media, ok := short.GetMedia(); ok {
		message.SetMedia(media)
	}
	if entities, ok := short.GetEntities(); ok {
		message.SetEntities(entities)
	}
	if ttl, ok := short.GetTTLPeriod(); ok {
		message.SetTTLPeriod(ttl)
	}
	message.SetFlags()
	return &tg.UpdateShort{
		Update: &tg.UpdateNewMessage{Message: message, Pts: short.Pts, PtsCount: short.PtsCount},
		Date:   short.Date,
	}, true
}

// saw remembers the peers and calls that from mentions, an update or an answer.
// There are some hundred types that do; they are told by what they offer.
func (a *Account) saw(from any) {
	if holder, ok := from.(interface{ Object() bin.Object }); ok { // an answer decoded by bindings
		from = holder.Object()
	}
	from = unboxed(from)
	var peers []store.Peer
	switch list := from.(type) {
	case *tg.UserClassVector:
		peers = usersOf(list.Elems)
	case *tg.User:
		peers = usersOf([]tg.UserClass{list})
	}
	if with, ok := from.(interface{ GetUsers() []tg.UserClass }); ok {
		peers = append(peers, usersOf(with.GetUsers())...)
	}
	if with, ok := from.(interface{ GetUser() tg.UserClass }); ok {
		peers = append(peers, usersOf([]tg.UserClass{with.GetUser()})...)
	}
	if with, ok := from.(interface{ GetChats() []tg.ChatClass }); ok {
		peers = append(peers, chatsOf(with.GetChats())...)
	}
	if with, ok := from.(interface{ GetPhoneCall() tg.PhoneCallClass }); ok {
		a.calls.note(with.GetPhoneCall())
	}
	if self := a.Self(); self != nil && a.opts.Store != nil && len(peers) > 0 {
		now := a.clock.Now()
		for i := range peers {
			peers[i].Seen = now
		}
		a.opts.Store.NotePeers(self.ID, peers...)
	}
}

// unboxed takes an answer out of gotd's box, as UpdatesBox{Updates UpdatesClass}.
func unboxed(from any) any {
	v := reflect.Indirect(reflect.ValueOf(from))
	if v.Kind() != reflect.Struct || v.NumField() != 1 || !strings.HasSuffix(v.Type().Name(), "Box") {
		return from
	}
	return v.Field(0).Interface()
}

// usersOf skips users of which Telegram gave a part only (min): their access
// hash is good for a few methods. https://core.telegram.org/api/min
func usersOf(users []tg.UserClass) (peers []store.Peer) {
	for _, u := range users {
		u, ok := u.(*tg.User)
		if !ok || u.Min {
			continue
		}
		if hash, ok := u.GetAccessHash(); ok {
			peers = append(peers, store.Peer{
				Kind: store.User, ID: u.ID, AccessHash: hash, Phone: u.Phone,
				Username: cmp.Or(u.Username, activeName(u.Usernames)),
			})
		}
	}
	return peers
}

func chatsOf(chats []tg.ChatClass) (peers []store.Peer) {
	for _, c := range chats {
		switch c := c.(type) {
		case *tg.Chat:
			peers = append(peers, store.Peer{Kind: store.Chat, ID: c.ID})
		case *tg.ChatForbidden:
			peers = append(peers, store.Peer{Kind: store.Chat, ID: c.ID})
		case *tg.Channel:
			if hash, ok := c.GetAccessHash(); ok && !c.Min {
				peers = append(peers, store.Peer{
					Kind: store.Channel, ID: c.ID, AccessHash: hash,
					Username: cmp.Or(c.Username, activeName(c.Usernames)),
				})
			}
		case *tg.ChannelForbidden:
			peers = append(peers, store.Peer{Kind: store.Channel, ID: c.ID, AccessHash: c.AccessHash})
		}
	}
	return peers
}

// activeName is the first name in use of a peer that has several.
func activeName(names []tg.Username) string {
	for _, n := range names {
		if n.Active {
			return n.Username
		}
	}
	return ""
}
