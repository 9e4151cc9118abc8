package simulator

import (
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// maxMessage is how many characters a text may have: message_length_max of
// https://core.telegram.org/constructor/config.
const maxMessage = 4096

// maxEntities is how long a message's entities may be, in bytes of TL. Our choice:
// addresses in them can be of any length, and every message is kept.
const maxEntities = 16 << 10

// sendMessage puts a text in both boxes. Our choice: the answer is the long form,
// updates, and never updateShortSentMessage; bots may write first.
func (t *Telegram) sendMessage(from *Client, in *tg.MessagesSendMessageRequest) (tg.UpdatesClass, error) {
	sender := from.user
	peer, err := t.inputPeer(sender, in.Peer)
	if err != nil {
		return nil, err
	}
	replyTo, err := sender.replied(peer, in.ReplyTo)
	if err != nil {
		return nil, err
	}
	text := message{text: in.Message, entities: encodeEntities(in.Entities)}
	switch {
	case in.Message == "":
		return nil, Refuse(400, "MESSAGE_EMPTY")
	case utf8.RuneCountInString(in.Message) > maxMessage:
		return nil, Refuse(400, "MESSAGE_TOO_LONG")
	case len(text.entities) > maxEntities:
		return nil, Refuse(400, "ENTITIES_TOO_LONG")
	case sender.Bot && peer.Bot:
		return nil, Refuse(400, "USER_IS_BOT")
	case sender.hasBlocked(peer):
		return nil, Refuse(400, "YOU_BLOCKED_USER")
	case peer.hasBlocked(sender):
		return nil, Refuse(403, "USER_IS_BLOCKED")
	case sender.sent[in.RandomID]:
		return nil, Refuse(500, "RANDOM_ID_DUPLICATE")
	}
	sender.sent[in.RandomID] = true
	sent, received := t.post(sender, peer, text, replyTo)
	about := []*user{sender, peer}
	if peer != sender {
		t.tellAll(peer, nil, t.envelope(peer, about, received))
	}
	t.tellAll(sender, from, t.envelope(sender, about, sent))
	return t.envelope(sender, about, &tg.UpdateMessageID{ID: sent.Message.GetID(), RandomID: in.RandomID}, sent), nil
}

// replied finds the message that is replied to, in the conversation with peer.
func (u *user) replied(peer *user, in tg.InputReplyToClass) (*message, error) {
	to, ok := in.(*tg.InputReplyToMessage)
	if !ok {
		return nil, nil // our choice: replies to stories are not known
	}
	if to.ReplyToMsgID < 1 || to.ReplyToMsgID > len(u.messages) || u.messages[to.ReplyToMsgID-1].peer != peer {
		return nil, Refuse(400, "REPLY_MESSAGE_ID_INVALID")
	}
	return &u.messages[to.ReplyToMsgID-1], nil
}
