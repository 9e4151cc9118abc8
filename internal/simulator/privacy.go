package simulator

import (
	"slices"

	"github.com/gotd/td/tg"
)

// Audience is whom a privacy setting lets through.
type Audience int

// The settings that a User can begin with (https://core.telegram.org/api/privacy).
const (
	Everybody Audience = iota
	Contacts           // those whom the user has saved
	Nobody
)

// privacyKey is what a setting is about. Our choice: these are known, and others
// are PRIVACY_KEY_INVALID.
type privacyKey int

const (
	phoneCall   privacyKey = iota // who may ring
	phoneP2P                      // with whom calls may go directly
	phoneNumber                   // who sees the number
)

func keyOf(in tg.InputPrivacyKeyClass) (privacyKey, error) {
	switch in.(type) {
	case *tg.InputPrivacyKeyPhoneCall:
		return phoneCall, nil
	case *tg.InputPrivacyKeyPhoneP2P:
		return phoneP2P, nil
	case *tg.InputPrivacyKeyPhoneNumber:
		return phoneNumber, nil
	}
	return 0, Refuse(400, "PRIVACY_KEY_INVALID")
}

func (k privacyKey) seen() tg.PrivacyKeyClass {
	switch k {
	case phoneCall:
		return &tg.PrivacyKeyPhoneCall{}
	case phoneP2P:
		return &tg.PrivacyKeyPhoneP2P{}
	}
	return &tg.PrivacyKeyPhoneNumber{}
}

// privacy is one setting: for everybody, for contacts, and for some by name. Of
// those that fit somebody, the most particular one counts.
type privacy struct {
	everybody       bool
	contacts        bool // meaningful with contactsNamed
	contactsNamed   bool
	allowed, denied []int64
}

func (a Audience) privacy() privacy {
	return privacy{everybody: a == Everybody, contacts: a == Contacts, contactsNamed: a == Contacts}
}

// lets says whether a privacy setting of u lets who through.
func (u *user) lets(key privacyKey, who *user) bool {
	p := u.privacy[key]
	_, saved := u.contacts[who.ID]
	switch {
	case slices.Contains(p.denied, who.ID):
		return false
	case slices.Contains(p.allowed, who.ID):
		return true
	case saved && p.contactsNamed:
		return p.contacts
	}
	return p.everybody
}

// getPrivacy tells one's own setting.
func (t *Telegram) getPrivacy(from *Client, in *tg.AccountGetPrivacyRequest) (*tg.AccountPrivacyRules, error) {
	key, err := keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	return t.privacyRules(from.user, key), nil
}

// maxRules is how many rules one privacy setting has, as
// https://core.telegram.org/method/account.setPrivacy says.
const maxRules = 1000

// setPrivacy changes a setting, and tells the user's other devices. Our choice:
// rules about groups, bots, close friends and premium users are
// PRIVACY_VALUE_INVALID, and so are both rules about everybody, or both about
// contacts, at once.
func (t *Telegram) setPrivacy(from *Client, in *tg.AccountSetPrivacyRequest) (*tg.AccountPrivacyRules, error) {
	key, err := keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	if len(in.Rules) > maxRules {
		return nil, Refuse(400, "PRIVACY_TOO_LONG")
	}
	p, ok := t.readPrivacy(from.user, in.Rules)
	if !ok {
		return nil, Refuse(400, "PRIVACY_VALUE_INVALID")
	}
	from.user.privacy[key] = p
	rules := t.privacyRules(from.user, key)
	t.tellAll(from.user, from, t.envelope(from.user, p.named(t), &tg.UpdatePrivacy{Key: key.seen(), Rules: rules.Rules}))
	return rules, nil
}

// readPrivacy understands rules; what they do not speak of is not allowed.
func (t *Telegram) readPrivacy(viewer *user, rules []tg.InputPrivacyRuleClass) (p privacy, ok bool) {
	everybody, contacts := 0, 0
	for _, rule := range rules {
		named := []tg.InputUserClass{}
		list := &p.allowed
		switch rule := rule.(type) {
		case *tg.InputPrivacyValueAllowAll:
			p.everybody = true
			everybody++
		case *tg.InputPrivacyValueDisallowAll:
			everybody++
		case *tg.InputPrivacyValueAllowContacts:
			p.contacts, p.contactsNamed = true, true
			contacts++
		case *tg.InputPrivacyValueDisallowContacts:
			p.contacts, p.contactsNamed = false, true
			contacts++
		case *tg.InputPrivacyValueAllowUsers:
			named = rule.Users
		case *tg.InputPrivacyValueDisallowUsers:
			named, list = rule.Users, &p.denied
		default:
			return p, false
		}
		for _, in := range named {
			u, err := t.inputUser(viewer, in)
			if err != nil {
				return p, false
			}
			*list = append(*list, u.ID)
		}
	}
	return p, everybody <= 1 && contacts <= 1
}

// privacyRules shows a setting, the most particular rules first.
func (t *Telegram) privacyRules(u *user, key privacyKey) *tg.AccountPrivacyRules {
	p := u.privacy[key]
	rules := []tg.PrivacyRuleClass{}
	if len(p.allowed) > 0 {
		rules = append(rules, &tg.PrivacyValueAllowUsers{Users: slices.Clone(p.allowed)})
	}
	if len(p.denied) > 0 {
		rules = append(rules, &tg.PrivacyValueDisallowUsers{Users: slices.Clone(p.denied)})
	}
	switch {
	case p.contactsNamed && p.contacts:
		rules = append(rules, &tg.PrivacyValueAllowContacts{})
	case p.contactsNamed:
		rules = append(rules, &tg.PrivacyValueDisallowContacts{})
	}
	if p.everybody {
		rules = append(rules, &tg.PrivacyValueAllowAll{})
	} else {
		rules = append(rules, &tg.PrivacyValueDisallowAll{})
	}
	return &tg.AccountPrivacyRules{Rules: rules, Chats: []tg.ChatClass{}, Users: t.usersSeenBy(u, p.named(t)...)}
}

// named are those whom a setting is about by name.
func (p privacy) named(t *Telegram) (users []*user) {
	for _, id := range slices.Concat(p.allowed, p.denied) {
		users = append(users, t.users[id])
	}
	return users
}
