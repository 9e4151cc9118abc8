package host

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/bindings/message"
	"luahost/internal/permission"
	"luahost/internal/script"
)

// Whoever reads the code that Telegram writes to an account can log in as it. So a
// script that may read and write messages, as any may by default, sees those of
// Telegram's own account without their text, and cannot have them sent on or
// translated either, unless the configuration allows it "login-codes".

// telegramsOwn is the account that writes codes, to everybody.
// https://core.telegram.org/api/auth
const telegramsOwn = 777000

// codes keeps login codes from the scripts that may not see them. It is an Invoker
// between the scripts and their accounts.
type codes struct {
	*router
	allow *permission.Policy
}

// Invoke sends a script's request, and looks into its answer.
func (c codes) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	handler, _ := script.FromContext(ctx)
	refusal := c.allow.Check(handler.Script, permission.LoginCodes)
	if refusal == nil {
		return c.router.Invoke(ctx, in, out)
	}
	if spreads(in) {
		return &tgerr.Error{Type: notAllowed, Message: refusal.Error()}
	}
	err := c.router.Invoke(ctx, in, out)
	if answer, ok := out.(interface{ Object() bin.Object }); err == nil && ok {
		hide(answer.Object())
	}
	return err
}

// hide takes the codes out of an answer, which is this script's alone.
func hide(answer bin.Object) {
	var list []tg.MessageClass
	switch a := answer.(type) {
	case interface{ GetMessages() []tg.MessageClass }:
		list = a.GetMessages()
	case interface{ GetNewMessages() []tg.MessageClass }:
		list = a.GetNewMessages()
	}
	for i, m := range list {
		list[i] = withoutCode(m)
	}
}

// spreads reports whether a request has Telegram's messages go elsewhere, or come
// back in another form than that of messages.
func spreads(in bin.Encoder) bool {
	switch r := in.(type) {
	case *tg.MessagesForwardMessagesRequest:
		return isTelegram(r.FromPeer)
	case *tg.MessagesTranslateTextRequest:
		return isTelegram(r.Peer)
	case *tg.MessagesTranslateRichMessageRequest:
		return isTelegram(r.Peer)
	case *tg.MessagesSummarizeTextRequest:
		return isTelegram(r.Peer)
	}
	return false
}

func isTelegram(peer tg.InputPeerClass) bool {
	switch p := peer.(type) {
	case *tg.InputPeerUser:
		return p.UserID == telegramsOwn
	case *tg.InputPeerUserFromMessage:
		return p.UserID == telegramsOwn
	}
	return false
}

// withoutCode is the message or, if it is one of Telegram's own or was forwarded
// from there, another that says whose it is, when it came, and no more.
func withoutCode(m tg.MessageClass) tg.MessageClass {
	text, ok := m.(*tg.Message)
	if !ok || !fromTelegram(text.PeerID) && !fromTelegram(text.FromID) && !fromTelegram(text.FwdFrom.FromID) {
		return m
	}
	bare := &tg.Message{ID: text.ID, Out: text.Out, FromID: text.FromID, PeerID: text.PeerID, Date: text.Date}
	bare.SetFlags()
	return bare
}

func fromTelegram(peer tg.PeerClass) bool {
	user, ok := peer.(*tg.PeerUser)
	return ok && user.UserID == telegramsOwn
}

// shown is an update as a script sees it that may not see login codes.
func shown(u tg.UpdateClass) tg.UpdateClass {
	switch u := u.(type) {
	case *tg.UpdateNewMessage:
		if m := withoutCode(u.Message); m != u.Message {
			return &tg.UpdateNewMessage{Message: m, Pts: u.Pts, PtsCount: u.PtsCount}
		}
	case *tg.UpdateEditMessage:
		if m := withoutCode(u.Message); m != u.Message {
			return &tg.UpdateEditMessage{Message: m, Pts: u.Pts, PtsCount: u.PtsCount}
		}
	case *tg.UpdateServiceNotification:
		return &tg.UpdateServiceNotification{Popup: u.Popup, InboxDate: u.InboxDate, Type: u.Type, Media: &tg.MessageMediaEmpty{}}
	}
	return u
}

// update is what a script gets of an update.
func (c codes) update(name string, u tg.UpdateClass) tg.UpdateClass {
	without := shown(u)
	if without != u && c.allow.Of(name).Allows(permission.LoginCodes) {
		return u
	}
	return without
}

// message is what a script gets of a private message.
func (c codes) message(name string, m message.Message) message.Message {
	without := withoutCode(m.Message)
	if without != tg.MessageClass(m.Message) && !c.allow.Of(name).Allows(permission.LoginCodes) {
		m.Message = without.(*tg.Message)
	}
	return m
}
