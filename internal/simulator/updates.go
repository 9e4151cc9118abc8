package simulator

import (
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// envelope makes updates for viewer, with the users that they mention. Our
// choice: seq is 0, which tells clients not to order by it
// (https://core.telegram.org/api/updates#seq-checks).
func (t *Telegram) envelope(viewer *user, about []*user, updates ...tg.UpdateClass) *tg.Updates {
	return &tg.Updates{
		Updates: updates,
		Users:   t.usersSeenBy(viewer, about...),
		Chats:   []tg.ChatClass{},
		Date:    t.now(),
	}
}

// tell gives updates to one device.
func (t *Telegram) tell(c *Client, updates *tg.Updates) {
	var b bin.Buffer
	if err := updates.Encode(&b); err != nil {
		panic(fmt.Sprintf("simulator: encode updates: %v", err)) // a field was left nil
	}
	for _, sink := range c.sinks {
		own, err := tg.DecodeUpdates(&bin.Buffer{Buf: b.Copy()})
		if err != nil {
			panic(fmt.Sprintf("simulator: decode updates: %v", err))
		}
		sink.post(own)
		t.unread = append(t.unread, sink)
	}
}

// tellAll gives updates to every device of u but one, which has them as the
// answer to its request; nil excepts none.
func (t *Telegram) tellAll(u *user, except *Client, updates *tg.Updates) {
	for _, c := range u.clients {
		if c != except {
			t.tell(c, updates)
		}
	}
}

// state is where u's history of events stands. Our choice: no qts, as there are
// no secret chats, and nothing is counted as unread.
func (t *Telegram) state(u *user) tg.UpdatesState {
	return tg.UpdatesState{Pts: u.pts, Date: t.now()}
}

// getState tells where the history of events stands.
func (t *Telegram) getState(from *Client, _ *tg.UpdatesGetStateRequest) (*tg.UpdatesState, error) {
	state := t.state(from.user)
	return &state, nil
}

// maxDifference is how many messages one answer to updates.getDifference has at
// most. Our choice.
const maxDifference = 500

// getDifference gives what happened after a pts
// (https://core.telegram.org/api/updates#recovering-gaps). Every message counts
// one from 1 on, and nothing else is counted, so the difference is a part of the
// box. Ringing is not in it: what tells of a call that was missed is its message.
func (t *Telegram) getDifference(from *Client, in *tg.UpdatesGetDifferenceRequest) (tg.UpdatesDifferenceClass, error) {
	u := from.user
	total, limited := in.GetPtsTotalLimit()
	switch {
	case in.Pts <= 0:
		return nil, Refuse(400, "PERSISTENT_TIMESTAMP_EMPTY")
	case in.Pts > u.pts:
		return nil, Refuse(400, "PERSISTENT_TIMESTAMP_INVALID")
	case in.Pts == u.pts:
		return &tg.UpdatesDifferenceEmpty{Date: t.now()}, nil
	case limited && u.pts-in.Pts > total:
		return &tg.UpdatesDifferenceTooLong{Pts: u.pts}, nil
	}
	most := maxDifference
	if limit, given := in.GetPtsLimit(); given && limit > 0 {
		most = min(most, limit)
	}
	state := t.state(u)
	state.Pts = min(u.pts, in.Pts+most)
	messages, users := t.messagesSeenBy(u, u.messages[in.Pts-1:state.Pts-1])
	if state.Pts < u.pts {
		return &tg.UpdatesDifferenceSlice{
			NewMessages:          messages,
			NewEncryptedMessages: []tg.EncryptedMessageClass{},
			OtherUpdates:         []tg.UpdateClass{},
			Chats:                []tg.ChatClass{},
			Users:                users,
			IntermediateState:    state,
		}, nil
	}
	return &tg.UpdatesDifference{
		NewMessages:          messages,
		NewEncryptedMessages: []tg.EncryptedMessageClass{},
		OtherUpdates:         []tg.UpdateClass{},
		Chats:                []tg.ChatClass{},
		Users:                users,
		State:                state,
	}, nil
}
