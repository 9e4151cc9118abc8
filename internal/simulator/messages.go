package simulator

import (
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// message is one entry in a user's box. Ids and pts are counted per user, so the
// two sides of a conversation have a message each.
type message struct {
	id, pts, date int
	twin          int   // its id in the other side's box
	peer          *user // the other side
	out           bool
	text          string
	entities      []byte // encoded: each reader gets entities of its own
	replyTo       int    // in the same box; 0: none
	call          *call  // an ended call, instead of a text
}

// post puts m in the boxes of both sides and gives the update for each; one who
// writes to himself has one message, and the same update twice.
func (t *Telegram) post(from, to *user, m message, replyTo *message) (sent, received *tg.UpdateNewMessage) {
	m.date = t.now()
	m.peer, m.out = to, true
	if replyTo != nil {
		m.replyTo = replyTo.id
	}
	own := from.keep(m)
	if from == to {
		return own.update(), own.update()
	}
	m.peer, m.out, m.twin, m.replyTo = from, false, own.id, 0
	if replyTo != nil {
		m.replyTo = replyTo.twin
	}
	others := to.keep(m)
	own.twin = others.id
	return own.update(), others.update()
}

// keep puts a message in u's box. The pointer is good until the next one.
func (u *user) keep(m message) *message {
	u.pts++
	m.id, m.pts = len(u.messages)+1, u.pts
	u.messages = append(u.messages, m)
	return &u.messages[len(u.messages)-1]
}

func (m *message) update() *tg.UpdateNewMessage {
	return &tg.UpdateNewMessage{Message: m.seen(), Pts: m.pts, PtsCount: 1}
}

// seen describes a message to the user who has it. In a private chat from_id is
// left out: who sent it follows from out and peer_id.
func (m *message) seen() tg.MessageClass {
	peer := &tg.PeerUser{UserID: m.peer.ID}
	if m.call != nil {
		return &tg.MessageService{ID: m.id, Out: m.out, PeerID: peer, Date: m.date, Action: m.call.action()}
	}
	seen := &tg.Message{ID: m.id, Out: m.out, PeerID: peer, Date: m.date, Message: m.text}
	if len(m.entities) > 0 {
		seen.SetEntities(decodeEntities(m.entities))
	}
	if m.replyTo != 0 {
		header := &tg.MessageReplyHeader{}
		header.SetReplyToMsgID(m.replyTo)
		seen.SetReplyTo(header)
	}
	return seen
}

// messagesSeenBy describes messages of u's box, and the users in them.
func (t *Telegram) messagesSeenBy(u *user, messages []message) ([]tg.MessageClass, []tg.UserClass) {
	seen, users := make([]tg.MessageClass, 0, len(messages)), []*user{u}
	for _, m := range messages {
		seen, users = append(seen, m.seen()), append(users, m.peer)
	}
	return seen, t.usersSeenBy(u, users...)
}

func encodeEntities(entities []tg.MessageEntityClass) []byte {
	var b bin.Buffer
	for _, e := range entities {
		if err := e.Encode(&b); err != nil {
			panic(fmt.Sprintf("simulator: encode what was decoded: %v", err))
		}
	}
	return b.Buf
}

func decodeEntities(encoded []byte) (entities []tg.MessageEntityClass) {
	b := bin.Buffer{Buf: encoded}
	for b.Len() > 0 {
		e, err := tg.DecodeMessageEntity(&b)
		if err != nil {
			panic(fmt.Sprintf("simulator: decode what was encoded: %v", err))
		}
		entities = append(entities, e)
	}
	return entities
}
