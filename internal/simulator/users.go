package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/tg"
)

// firstID is beyond 32 bits, as the ids of new accounts have long been.
const firstID = 7_000_000_001

// maxID is the largest id of a user (https://core.telegram.org/api/bots/ids).
const maxID = 1<<40 - 1

// User is a person or a bot as Telegram is told of it.
type User struct {
	ID        int64 // 0: the next free one
	Phone     string
	FirstName string
	LastName  string
	Username  string // without @
	Password  string // of two-step verification; "": none
	Bot       bool
	BotToken  string // a bot has one, and no phone

	Premium, Verified, Scam, Fake, Support bool

	CallsFrom  Audience // who may ring, at first
	PeerToPeer Audience // with whom calls may go directly, which shows the IP address; at first
	OldApp     bool     // has no app that takes calls: PARTICIPANT_VERSION_OUTDATED
}

// user is a User and all that happened to it, guarded by Telegram.mu.
type user struct {
	User
	password *verifier // nil: none
	contacts map[int64]contact
	blocked  map[int64]int // user id to date
	clients  []*Client     // logged in as this user
	status   presence
	privacy  map[privacyKey]privacy
	uploads  map[int64]upload // by the client's id of the file

	messages []message // the whole box; ids are positions, from 1
	sent     map[int64]bool
	pts      int

	line   *call // the one active call: asked for, or accepted
	closed bool  // nobody else rings while that lasts
	dialed map[int]bool
}

// presence is what account.updateStatus said last.
type presence struct {
	online bool
	at     time.Time // zero: never said
}

// AddUser adds a person or a bot and returns the id.
func (t *Telegram) AddUser(u User) (int64, error) {
	if (u.Phone == "") != u.Bot || (u.BotToken != "") != u.Bot {
		return 0, fmt.Errorf("add user: a person has a phone, a bot has a token instead")
	}
	var password *verifier
	if u.Password != "" {
		t.mu.Lock()
		salt1, salt2 := t.random(16), t.random(16)
		t.mu.Unlock()
		password = newVerifier(u.Password, salt1, salt2) // takes long
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if u.ID == 0 {
		for u.ID = firstID; t.users[u.ID] != nil; u.ID++ {
		}
	}
	u.Phone = digits(u.Phone)
	if err := t.vacant(u); err != nil {
		return 0, fmt.Errorf("add user: %w", err)
	}
	added := &user{
		User:     u,
		password: password,
		contacts: make(map[int64]contact),
		blocked:  make(map[int64]int),
		sent:     make(map[int64]bool),
		dialed:   make(map[int]bool),
		uploads:  make(map[int64]upload),
		privacy: map[privacyKey]privacy{
			phoneCall:   u.CallsFrom.privacy(),
			phoneP2P:    u.PeerToPeer.privacy(),
			phoneNumber: Contacts.privacy(), // Telegram's default
		},
		pts: 1, // as getDifference takes 0 for none
	}
	t.users[u.ID] = added
	if u.Phone != "" {
		t.byPhone[u.Phone] = added
	}
	if u.Username != "" {
		t.byUsername[strings.ToLower(u.Username)] = added
	}
	if u.BotToken != "" {
		t.byToken[u.BotToken] = added
	}
	return u.ID, nil
}

// Users gives everybody, in the order of ids.
func (t *Telegram) Users() []User {
	t.mu.Lock()
	defer t.mu.Unlock()
	users := make([]User, 0, len(t.users))
	for _, id := range slices.Sorted(maps.Keys(t.users)) {
		users = append(users, t.users[id].User)
	}
	return users
}

// vacant says whether what identifies u is usable and not taken.
func (t *Telegram) vacant(u User) error {
	switch {
	case u.ID < 0 || u.ID > maxID:
		return fmt.Errorf("id %d is out of range", u.ID)
	case t.users[u.ID] != nil:
		return fmt.Errorf("id %d is taken", u.ID)
	case !u.Bot && !plausiblePhone(u.Phone):
		return fmt.Errorf("a phone number has 7 to 15 digits")
	case u.Phone != "" && t.byPhone[u.Phone] != nil:
		return fmt.Errorf("the phone number is taken")
	case u.Username != "" && t.byUsername[strings.ToLower(u.Username)] != nil:
		return fmt.Errorf("@%s is taken", u.Username)
	case u.BotToken != "" && t.byToken[u.BotToken] != nil:
		return fmt.Errorf("the bot token is taken")
	}
	return nil
}

// digits is how Telegram shows phone numbers: international, without a plus.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// plausiblePhone follows E.164 for the upper bound; the lower one is our choice.
func plausiblePhone(digits string) bool { return len(digits) >= 7 && len(digits) <= 15 }

// inputUser finds whom a request of viewer names. The access hash must be the
// one that viewer was given.
func (t *Telegram) inputUser(viewer *user, in tg.InputUserClass) (*user, error) {
	switch in := in.(type) {
	case *tg.InputUserSelf:
		return viewer, nil
	case *tg.InputUser:
		if u := t.users[in.UserID]; u != nil && in.AccessHash == t.accessHash("user", viewer.ID, u.ID) {
			return u, nil
		}
	}
	// Our choice: inputUserFromMessage is for users seen without an access
	// hash, which happens in groups only.
	return nil, Refuse(400, "USER_ID_INVALID")
}

// inputPeer is inputUser where a peer is wanted. There are no groups here.
// The documentation gives PEER_ID_INVALID with code 404 for one method and with
// 400 for the others; our choice is 400 for all.
func (t *Telegram) inputPeer(viewer *user, in tg.InputPeerClass) (*user, error) {
	switch in := in.(type) {
	case *tg.InputPeerSelf:
		return viewer, nil
	case *tg.InputPeerUser:
		u, err := t.inputUser(viewer, &tg.InputUser{UserID: in.UserID, AccessHash: in.AccessHash})
		if err == nil {
			return u, nil
		}
	case *tg.InputPeerChat:
		return nil, Refuse(400, "CHAT_ID_INVALID")
	case *tg.InputPeerChannel:
		return nil, Refuse(400, "CHANNEL_INVALID")
	}
	return nil, Refuse(400, "PEER_ID_INVALID")
}

// usersSeenBy describes users as viewer sees them, each once.
func (t *Telegram) usersSeenBy(viewer *user, users ...*user) []tg.UserClass {
	seen := make([]tg.UserClass, 0, len(users))
	for i, u := range users {
		if !slices.Contains(users[:i], u) {
			seen = append(seen, t.userSeenBy(viewer, u))
		}
	}
	return seen
}

// userSeenBy describes u as viewer sees it: with viewer's access hash, the name
// that viewer saved, and the phone number if u lets viewer see it, or viewer saved
// u by the number.
func (t *Telegram) userSeenBy(viewer, u *user) *tg.User {
	saved, contact := viewer.contacts[u.ID]
	_, mutual := u.contacts[viewer.ID]
	seen := &tg.User{
		Self:          u == viewer,
		Contact:       contact,
		MutualContact: contact && mutual,
		Bot:           u.Bot,
		Premium:       u.Premium,
		Verified:      u.Verified,
		Scam:          u.Scam,
		Fake:          u.Fake,
		Support:       u.Support,
		ID:            u.ID,
		FirstName:     u.FirstName,
		LastName:      u.LastName,
		Username:      u.Username,
	}
	seen.SetAccessHash(t.accessHash("user", viewer.ID, u.ID))
	if contact {
		seen.FirstName, seen.LastName = saved.firstName, saved.lastName
	}
	if u == viewer || u.lets(phoneNumber, viewer) || contact && saved.phone == u.Phone {
		seen.Phone = u.Phone
	}
	if u.Bot {
		seen.SetBotInfoVersion(1)
	} else {
		seen.Status = t.statusOf(u)
	}
	return seen
}

// onlineFor is how long account.updateStatus holds. Our choice; clients repeat it
// every online_update_period_ms.
const onlineFor = 5 * time.Minute

// statusOf is when u was last seen.
func (t *Telegram) statusOf(u *user) tg.UserStatusClass {
	expires := u.status.at.Add(onlineFor)
	switch {
	case u.status.at.IsZero():
		return &tg.UserStatusRecently{}
	case u.status.online && t.clock.Now().Before(expires):
		return &tg.UserStatusOnline{Expires: int(expires.Unix())}
	case u.status.online:
		return &tg.UserStatusOffline{WasOnline: int(expires.Unix())}
	}
	return &tg.UserStatusOffline{WasOnline: int(u.status.at.Unix())}
}
