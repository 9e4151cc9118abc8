package simulator

import "github.com/gotd/td/tg"

// getUsers leaves nobody out: whoever cannot be found is an error, here with the
// name that the page of this method has for it.
func (t *Telegram) getUsers(from *Client, in *tg.UsersGetUsersRequest) (*tg.UserClassVector, error) {
	users := make([]tg.UserClass, 0, len(in.ID))
	for _, id := range in.ID {
		u, err := t.inputUser(from.user, id)
		if err != nil {
			return nil, Refuse(400, "PEER_ID_INVALID")
		}
		users = append(users, t.userSeenBy(from.user, u))
	}
	return &tg.UserClassVector{Elems: users}, nil
}

// getFullUser says, among much that is left out, whether one may call. Our choice:
// who is blocked is told the same as who is kept out by privacy.
func (t *Telegram) getFullUser(from *Client, in *tg.UsersGetFullUserRequest) (*tg.UsersUserFull, error) {
	viewer := from.user
	u, err := t.inputUser(viewer, in.ID)
	if err != nil {
		return nil, err
	}
	_, blocked := viewer.blocked[u.ID]
	callable := u != viewer && !u.Bot && !viewer.Bot && !u.OldApp
	allowed := u.lets(phoneCall, viewer) && !u.hasBlocked(viewer)
	full := tg.UserFull{
		ID:                  u.ID,
		Blocked:             blocked,
		PhoneCallsAvailable: callable && allowed,
		VideoCallsAvailable: callable && allowed,
		PhoneCallsPrivate:   callable && !allowed,
		CanPinMessage:       true,
		Settings:            t.settingsFor(viewer, u),
	}
	if u.Bot {
		full.SetBotInfo(tg.BotInfo{UserID: u.ID})
	}
	return &tg.UsersUserFull{FullUser: full, Chats: []tg.ChatClass{}, Users: t.usersSeenBy(viewer, u)}, nil
}

// settingsFor is what a client offers to do about a stranger who calls or writes.
func (t *Telegram) settingsFor(viewer, u *user) tg.PeerSettings {
	_, contact := viewer.contacts[u.ID]
	_, blocked := viewer.blocked[u.ID]
	stranger := !contact && u != viewer && !u.Bot
	return tg.PeerSettings{
		AddContact:   stranger && !blocked,
		BlockContact: stranger && !blocked,
	}
}

// updateStatus says whether the user is online. Our choice: nobody is told of it
// without asking.
func (t *Telegram) updateStatus(from *Client, in *tg.AccountUpdateStatusRequest) (*tg.BoolTrue, error) {
	from.user.status = presence{online: !in.Offline, at: t.clock.Now()}
	return &tg.BoolTrue{}, nil
}
