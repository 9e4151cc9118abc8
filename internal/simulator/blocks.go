package simulator

import (
	"maps"
	"slices"

	"github.com/gotd/td/tg"
)

// Blocking: https://core.telegram.org/api/block. Our choice: there are no
// stories, so a block that is about stories alone changes nothing.

func (u *user) hasBlocked(other *user) bool {
	_, blocked := u.blocked[other.ID]
	return blocked
}

// block keeps somebody from ringing and writing.
func (t *Telegram) block(from *Client, in *tg.ContactsBlockRequest) (*tg.BoolTrue, error) {
	return t.setBlocked(from, in.ID, in.MyStoriesFrom, true)
}

// unblock lets somebody ring and write again.
func (t *Telegram) unblock(from *Client, in *tg.ContactsUnblockRequest) (*tg.BoolTrue, error) {
	return t.setBlocked(from, in.ID, in.MyStoriesFrom, false)
}

// setBlocked blocks or unblocks. Our choice: doing it twice is true both times.
func (t *Telegram) setBlocked(from *Client, peer tg.InputPeerClass, storiesOnly, blocked bool) (*tg.BoolTrue, error) {
	u, err := t.inputPeer(from.user, peer)
	switch {
	case err != nil:
		return nil, err
	case u == from.user:
		return nil, Refuse(400, "CONTACT_ID_INVALID")
	case storiesOnly || from.user.hasBlocked(u) == blocked:
		return &tg.BoolTrue{}, nil
	case blocked:
		from.user.blocked[u.ID] = t.now()
	default:
		delete(from.user.blocked, u.ID)
	}
	update := &tg.UpdatePeerBlocked{Blocked: blocked, PeerID: &tg.PeerUser{UserID: u.ID}}
	t.tellAll(from.user, from, t.envelope(from.user, []*user{u}, update))
	return &tg.BoolTrue{}, nil
}

// getBlocked gives the list, newest first, or the part that is asked for.
func (t *Telegram) getBlocked(from *Client, in *tg.ContactsGetBlockedRequest) (tg.ContactsBlockedClass, error) {
	viewer := from.user
	ids := slices.SortedFunc(maps.Keys(viewer.blocked), func(a, b int64) int {
		if viewer.blocked[a] != viewer.blocked[b] {
			return viewer.blocked[b] - viewer.blocked[a]
		}
		return int(a - b)
	})
	count := len(ids)
	ids = ids[min(max(in.Offset, 0), count):]
	ids = ids[:min(max(in.Limit, 0), len(ids))]
	peers, blocked := []tg.PeerBlocked{}, []*user{}
	for _, id := range ids {
		peers = append(peers, tg.PeerBlocked{PeerID: &tg.PeerUser{UserID: id}, Date: viewer.blocked[id]})
		blocked = append(blocked, t.users[id])
	}
	users := t.usersSeenBy(viewer, blocked...)
	if len(peers) < count {
		return &tg.ContactsBlockedSlice{Count: count, Blocked: peers, Chats: []tg.ChatClass{}, Users: users}, nil
	}
	return &tg.ContactsBlocked{Blocked: peers, Chats: []tg.ChatClass{}, Users: users}, nil
}
