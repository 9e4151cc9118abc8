package simulator

import (
	"strings"

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
