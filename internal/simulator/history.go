package simulator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gotd/td/tg"
)

// page is which part of a list of messages is asked for
// (https://core.telegram.org/api/offsets).
type page struct{ offsetID, offsetDate, addOffset, limit, maxID, minID int }

// maxPage is how many messages of a history are given at once. Our choice.
const maxPage = 100

// cut takes the part from messages, oldest first, and gives it newest first.
func (p page) cut(all []message) []message {
	slices.Reverse(all)
	start := slices.IndexFunc(all, func(m message) bool {
		return (p.offsetID == 0 || m.id < p.offsetID) && (p.offsetDate == 0 || m.date < p.offsetDate)
	})
	if start < 0 {
		start = len(all)
	}
	start = min(max(start+p.addOffset, 0), len(all))
	return slices.DeleteFunc(all[start:min(start+min(max(p.limit, 0), maxPage), len(all))], func(m message) bool {
		return p.maxID != 0 && m.id >= p.maxID || p.minID != 0 && m.id <= p.minID
	})
}

// getHistory gives a conversation, newest first, from the offset on.
func (t *Telegram) getHistory(from *Client, in *tg.MessagesGetHistoryRequest) (tg.MessagesMessagesClass, error) {
	peer, err := t.inputPeer(from.user, in.Peer)
	if err != nil {
		return nil, err
	}
	all := from.user.with(peer)
	return t.listed(from.user, len(all), page{in.OffsetID, in.OffsetDate, in.AddOffset, in.Limit, in.MaxID, in.MinID}.cut(all)), nil
}

// search finds messages by their text, or the calls, or the missed ones: the list
// of calls in an app. An empty peer searches everywhere. Our choice: other
// filters are INPUT_FILTER_INVALID, and whose message it is is not looked at.
func (t *Telegram) search(from *Client, in *tg.MessagesSearchRequest) (tg.MessagesMessagesClass, error) {
	all := slices.Clone(from.user.messages)
	if _, everywhere := in.Peer.(*tg.InputPeerEmpty); !everywhere {
		peer, err := t.inputPeer(from.user, in.Peer)
		if err != nil {
			return nil, err
		}
		all = from.user.with(peer)
	}
	var fits func(message) bool
	switch filter := in.Filter.(type) {
	case *tg.InputMessagesFilterEmpty:
		if in.Q == "" {
			return nil, Refuse(400, "SEARCH_QUERY_EMPTY")
		}
		fits = func(m message) bool { return m.call == nil }
	case *tg.InputMessagesFilterPhoneCalls:
		fits = func(m message) bool { return m.call != nil && (!filter.Missed || !m.out && m.call.missed()) }
	default:
		return nil, Refuse(400, "INPUT_FILTER_INVALID")
	}
	all = slices.DeleteFunc(all, func(m message) bool {
		return !fits(m) || !strings.Contains(strings.ToLower(m.text), strings.ToLower(in.Q)) ||
			m.date < in.MinDate || m.date > cmp.Or(in.MaxDate, m.date)
	})
	p := page{in.OffsetID, 0, in.AddOffset, in.Limit, in.MaxID, in.MinID}
	return t.listed(from.user, len(all), p.cut(all)), nil
}

// missed is a call that its callee did not answer and did not decline.
func (c *call) missed() bool { return c.Accepted.IsZero() && c.EndedBy != c.To }

// listed answers with a part of count messages.
func (t *Telegram) listed(viewer *user, count int, part []message) tg.MessagesMessagesClass {
	messages, users := t.messagesSeenBy(viewer, part)
	if len(part) < count {
		return &tg.MessagesMessagesSlice{
			Count: count, Messages: messages, Topics: []tg.ForumTopicClass{}, Chats: []tg.ChatClass{}, Users: users,
		}
	}
	return &tg.MessagesMessages{
		Messages: messages, Topics: []tg.ForumTopicClass{}, Chats: []tg.ChatClass{}, Users: users,
	}
}

// with gives a copy of the conversation with peer, oldest first.
func (u *user) with(peer *user) []message {
	return slices.DeleteFunc(slices.Clone(u.messages), func(m message) bool { return m.peer != peer })
}

// getMessages gives messages by their ids. Our choice: one that is not there, or
// is named otherwise, is messageEmpty.
func (t *Telegram) getMessages(from *Client, in *tg.MessagesGetMessagesRequest) (tg.MessagesMessagesClass, error) {
	answer := &tg.MessagesMessages{Topics: []tg.ForumTopicClass{}, Chats: []tg.ChatClass{}}
	about := []*user{from.user}
	for _, in := range in.ID {
		named, _ := in.(*tg.InputMessageID)
		switch {
		case named == nil:
			answer.Messages = append(answer.Messages, &tg.MessageEmpty{})
		case named.ID < 1 || named.ID > len(from.user.messages):
			answer.Messages = append(answer.Messages, &tg.MessageEmpty{ID: named.ID})
		default:
			m := &from.user.messages[named.ID-1]
			answer.Messages, about = append(answer.Messages, m.seen()), append(about, m.peer)
		}
	}
	answer.Users = t.usersSeenBy(from.user, about...)
	return answer, nil
}

// readHistory marks as read. Our choice: nothing is counted as unread, so nobody
// is told and pts does not move.
func (t *Telegram) readHistory(from *Client, in *tg.MessagesReadHistoryRequest) (*tg.MessagesAffectedMessages, error) {
	if _, err := t.inputPeer(from.user, in.Peer); err != nil {
		return nil, err
	}
	return &tg.MessagesAffectedMessages{Pts: from.user.pts}, nil
}

// setTyping shows the other side that one types. Our choice: with PEER_ID_INVALID
// as 400, as other methods have it.
func (t *Telegram) setTyping(from *Client, in *tg.MessagesSetTypingRequest) (*tg.BoolTrue, error) {
	peer, err := t.inputPeer(from.user, in.Peer)
	switch {
	case err != nil:
		return nil, err
	case peer.hasBlocked(from.user):
		return nil, Refuse(403, "USER_IS_BLOCKED")
	case peer != from.user:
		typing := &tg.UpdateUserTyping{UserID: from.user.ID, Action: in.Action}
		t.tellAll(peer, nil, t.envelope(peer, []*user{from.user}, typing))
	}
	return &tg.BoolTrue{}, nil
}
