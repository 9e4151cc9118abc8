package simulator

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// resolvePhone finds whose number it is. Our choice: everybody can be found.
func (t *Telegram) resolvePhone(from *Client, in *tg.ContactsResolvePhoneRequest) (*tg.ContactsResolvedPeer, error) {
	u := t.byPhone[digits(in.Phone)]
	if u == nil {
		return nil, Refuse(400, "PHONE_NOT_OCCUPIED")
	}
	return t.resolved(from, u), nil
}

// resolveUsername finds whose name it is, whatever the case of its letters.
func (t *Telegram) resolveUsername(from *Client, in *tg.ContactsResolveUsernameRequest) (*tg.ContactsResolvedPeer, error) {
	if !plausibleUsername(in.Username) {
		return nil, Refuse(400, "USERNAME_INVALID")
	}
	u := t.byUsername[strings.ToLower(in.Username)]
	if u == nil {
		return nil, Refuse(400, "USERNAME_NOT_OCCUPIED")
	}
	return t.resolved(from, u), nil
}

// searchContacts finds contacts by a part of their name, and others by the
// beginning of their username. Our choice: two letters are enough.
func (t *Telegram) searchContacts(from *Client, in *tg.ContactsSearchRequest) (*tg.ContactsFound, error) {
	q := strings.ToLower(in.Q)
	switch {
	case q == "":
		return nil, Refuse(400, "SEARCH_QUERY_EMPTY")
	case utf8.RuneCountInString(q) < 2:
		return nil, Refuse(400, "QUERY_TOO_SHORT")
	}
	found := &tg.ContactsFound{MyResults: []tg.PeerClass{}, Results: []tg.PeerClass{}, Chats: []tg.ChatClass{}}
	users := []*user{}
	for _, id := range slices.Sorted(maps.Keys(t.users)) {
		u := t.users[id]
		saved, contact := from.user.contacts[id]
		name := strings.ToLower(saved.firstName + " " + saved.lastName + " " + u.Username)
		switch {
		case len(users) >= max(in.Limit, 0) || u == from.user:
			continue
		case contact && strings.Contains(name, q):
			found.MyResults = append(found.MyResults, &tg.PeerUser{UserID: id})
		case !contact && strings.HasPrefix(strings.ToLower(u.Username), q):
			found.Results = append(found.Results, &tg.PeerUser{UserID: id})
		default:
			continue
		}
		users = append(users, u)
	}
	found.Users = t.usersSeenBy(from.user, users...)
	return found, nil
}

func (t *Telegram) resolved(from *Client, u *user) *tg.ContactsResolvedPeer {
	return &tg.ContactsResolvedPeer{
		Peer: &tg.PeerUser{UserID: u.ID}, Chats: []tg.ChatClass{}, Users: t.usersSeenBy(from.user, u),
	}
}

// plausibleUsername: letters, digits and underscores, at most 32 of them
// (https://core.telegram.org/method/account.checkUsername). No lower bound is
// kept, since Telegram itself sells names of four letters.
func plausibleUsername(name string) bool {
	if name == "" || len(name) > 32 {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
