package host

import (
	"context"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"luahost/bindings/message"
	"luahost/internal/permission"
	"luahost/internal/script"
)

// Whoever reads the code that Telegram writes to an account can log in as it. So a
// script that may read and write messages, as any may by default, sees those of
// Telegram's own account without their text, and cannot have them sent on, quoted,
// translated or searched either, unless the configuration allows it "login-codes".

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
	brings, err := brings(ctx, in, c.router)
	if err != nil {
		return err
	}
	if brings {
		return &tgerr.Error{Type: notAllowed, Message: refusal.Error()}
	}
	err = c.router.Invoke(ctx, in, out)
	if answer, ok := out.(interface{ Object() bin.Object }); err == nil && ok {
		hide(answer.Object())
	}
	return err
}

// brings reports whether a request has Telegram's messages go elsewhere, come back
// in another form than that of messages, or answer what is in them. account is asked
// whose they are.
func brings(ctx context.Context, in bin.Encoder, account tg.Invoker) (bool, error) {
	if searches(in) {
		return true, nil
	}
	var unsure []tg.InputMessageClass
	for _, part := range carried(in) {
		switch part.from.(type) {
		case *tg.InputPeerChannel, *tg.InputPeerChannelFromMessage:
			continue
		}
		if isTelegram(part.from) {
			return true, nil
		}
		for _, id := range part.ids {
			unsure = append(unsure, &tg.InputMessageID{ID: id})
		}
	}
	if len(unsure) == 0 {
		return false, nil
	}
	// Outside channels, messages have the numbers of the account: whose they are,
	// the peer that the script names beside them does not say.
	answer, err := tg.NewClient(account).MessagesGetMessages(ctx, unsure)
	if err != nil {
		return false, err
	}
	known, ok := answer.(interface{ GetMessages() []tg.MessageClass })
	return ok && slices.ContainsFunc(known.GetMessages(), func(m tg.MessageClass) bool { return withoutCode(m) != m }), nil
}

// hide takes the codes out of an answer, which is this script's alone.
func hide(answer bin.Object) {
	if a, ok := answer.(interface{ GetMessages() []tg.MessageClass }); ok {
		hideIn(a.GetMessages())
	}
	if a, ok := answer.(interface{ GetNewMessages() []tg.MessageClass }); ok {
		hideIn(a.GetNewMessages())
	}
	if a, ok := answer.(interface{ GetUpdates() []tg.UpdateClass }); ok {
		showIn(a.GetUpdates())
	}
	if a, ok := answer.(interface{ GetOtherUpdates() []tg.UpdateClass }); ok {
		showIn(a.GetOtherUpdates())
	}
}

func hideIn(list []tg.MessageClass) {
	for i, m := range list {
		list[i] = withoutCode(m)
	}
}

func showIn(list []tg.UpdateClass) {
	for i, u := range list {
		list[i] = shown(u)
	}
}

// part are messages that a request names, and the peer that it names for them.
type part struct {
	from tg.InputPeerClass
	ids  []int
}

// carried are the messages that a request sends on, quotes, or has told in other
// words.
func carried(in bin.Encoder) (parts []part) {
	switch r := in.(type) {
	case *tg.MessagesForwardMessagesRequest:
		parts = append(parts, part{r.FromPeer, r.ID})
	case *tg.MessagesTranslateTextRequest:
		parts = append(parts, part{r.Peer, r.ID})
	case *tg.MessagesTranslateRichMessageRequest:
		parts = append(parts, part{r.Peer, r.ID})
	case *tg.MessagesSummarizeTextRequest:
		parts = append(parts, part{r.Peer, []int{r.ID}})
	}
	if r, ok := in.(interface {
		GetReplyTo() (tg.InputReplyToClass, bool)
	}); ok {
		reply, _ := r.GetReplyTo()
		to, ok := reply.(*tg.InputReplyToMessage)
		switch {
		case ok && to.ReplyToPeerID != nil: // in another chat Telegram adds the text that is replied to
			parts = append(parts, part{to.ReplyToPeerID, []int{to.ReplyToMsgID}})
		case ok && to.QuoteText != "": // Telegram says QUOTE_TEXT_INVALID of what is not in it, which tells it letter by letter
			parts = append(parts, part{chatOf(in), []int{to.ReplyToMsgID}})
		}
	}
	return parts
}

// chatOf is where a request writes.
func chatOf(in bin.Encoder) tg.InputPeerClass {
	switch r := in.(type) {
	case interface{ GetPeer() tg.InputPeerClass }:
		return r.GetPeer()
	case interface{ GetToPeer() tg.InputPeerClass }:
		return r.GetToPeer()
	}
	return nil
}

// searches reports whether a request looks for words in Telegram's messages: what is
// found tells them, letter by letter, also when it is not shown.
func searches(in bin.Encoder) bool {
	switch r := in.(type) {
	case *tg.MessagesSearchRequest:
		_, everywhere := r.Peer.(*tg.InputPeerEmpty)
		return r.Q != "" && (everywhere || isTelegram(r.Peer))
	case *tg.MessagesSearchGlobalRequest:
		return r.Q != "" && !r.BroadcastsOnly && !r.GroupsOnly
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

// withoutCode is the message or, if it is one of Telegram's own, was forwarded from
// there or quotes one, another that says whose it is, when it came, and no more.
func withoutCode(m tg.MessageClass) tg.MessageClass {
	text, ok := m.(*tg.Message)
	if !ok || !fromTelegram(text.PeerID) && !fromTelegram(text.FromID) && !fromTelegram(text.FwdFrom.FromID) && !quotesTelegram(text) {
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

// quotesTelegram reports whether a message replies to one of another chat, which is
// Telegram's: it has that one's text with it.
func quotesTelegram(m *tg.Message) bool {
	header, ok := m.ReplyTo.(*tg.MessageReplyHeader)
	return ok && (fromTelegram(header.ReplyToPeerID) || fromTelegram(header.ReplyFrom.FromID))
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
