package simulator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gotd/td/tg"
)

// contact is how a user saved another one (https://core.telegram.org/api/contacts).
type contact struct {
	firstName, lastName string
	phone               string // "": saved without knowing the number
}

// AddContact has of save who under who's own name and number.
func (t *Telegram) AddContact(of, who int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, other, err := t.pair(of, who)
	if err != nil {
		return fmt.Errorf("add contact: %w", err)
	}
	owner.contacts[who] = contact{other.FirstName, other.LastName, other.Phone}
	return nil
}

// Block has of block who.
func (t *Telegram) Block(of, who int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, _, err := t.pair(of, who)
	if err != nil {
		return fmt.Errorf("block: %w", err)
	}
	owner.blocked[who] = t.now()
	return nil
}

// Contacts gives the ids of those whom a user has saved, in their order.
func (t *Telegram) Contacts(of int64) []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[of]
	if u == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(u.contacts))
}

func (t *Telegram) pair(of, who int64) (*user, *user, error) {
	for _, id := range []int64{of, who} {
		if t.users[id] == nil {
			return nil, nil, fmt.Errorf("nobody has the id %d", id)
		}
	}
	if of == who {
		return nil, nil, fmt.Errorf("%d is the same user", of)
	}
	return t.users[of], t.users[who], nil
}

// getContacts gives the whole list. Our choice: the hash of what the client has
// is not looked at, so the answer is never contactsNotModified.
func (t *Telegram) getContacts(from *Client, _ *tg.ContactsGetContactsRequest) (tg.ContactsContactsClass, error) {
	list := &tg.ContactsContacts{Contacts: []tg.Contact{}, SavedCount: len(from.user.contacts)}
	saved := []*user{}
	for _, id := range slices.Sorted(maps.Keys(from.user.contacts)) {
		u := t.users[id]
		_, mutual := u.contacts[from.user.ID]
		list.Contacts = append(list.Contacts, tg.Contact{UserID: id, Mutual: mutual})
		saved = append(saved, u)
	}
	list.Users = t.usersSeenBy(from.user, saved...)
	return list, nil
}

// getStatuses tells when each contact was last seen.
func (t *Telegram) getStatuses(from *Client, _ *tg.ContactsGetStatusesRequest) (*tg.ContactStatusVector, error) {
	list := &tg.ContactStatusVector{Elems: []tg.ContactStatus{}}
	for _, id := range slices.Sorted(maps.Keys(from.user.contacts)) {
		list.Elems = append(list.Elems, tg.ContactStatus{UserID: id, Status: t.statusOf(t.users[id])})
	}
	return list, nil
}

// importContacts saves those whose numbers somebody has.
func (t *Telegram) importContacts(from *Client, in *tg.ContactsImportContactsRequest) (*tg.ContactsImportedContacts, error) {
	list := &tg.ContactsImportedContacts{
		Imported: []tg.ImportedContact{}, PopularInvites: []tg.PopularContact{}, RetryContacts: []int64{},
	}
	found := []*user{}
	for _, entry := range in.Contacts {
		phone := digits(entry.Phone)
		u := t.byPhone[phone]
		if u == nil {
			continue
		}
		if u != from.user { // our choice: one's own number is found and not saved
			from.user.contacts[u.ID] = contact{entry.FirstName, entry.LastName, phone}
		}
		list.Imported = append(list.Imported, tg.ImportedContact{UserID: u.ID, ClientID: entry.ClientID})
		found = append(found, u)
	}
	list.Users = t.usersSeenBy(from.user, found...)
	t.tellContacts(from, found)
	return list, nil
}

// addContact saves somebody. Our choice: a number that is not the user's own is
// kept and shows nothing.
func (t *Telegram) addContact(from *Client, in *tg.ContactsAddContactRequest) (tg.UpdatesClass, error) {
	u, err := t.inputUser(from.user, in.ID)
	switch {
	case err != nil || u == from.user:
		return nil, Refuse(400, "CONTACT_ID_INVALID")
	case in.FirstName == "":
		return nil, Refuse(400, "CONTACT_NAME_EMPTY")
	}
	from.user.contacts[u.ID] = contact{in.FirstName, in.LastName, digits(in.Phone)}
	return t.tellContacts(from, []*user{u}), nil
}

// deleteContacts forgets those whom it can find. Our choice: others are skipped.
func (t *Telegram) deleteContacts(from *Client, in *tg.ContactsDeleteContactsRequest) (tg.UpdatesClass, error) {
	gone := []*user{}
	for _, id := range in.ID {
		u, err := t.inputUser(from.user, id)
		if err != nil {
			continue
		}
		delete(from.user.contacts, u.ID)
		gone = append(gone, u)
	}
	return t.tellContacts(from, gone), nil
}

// tellContacts tells the devices of a user who is a contact now and who is not:
// updatePeerSettings, with the users' new flags beside it.
func (t *Telegram) tellContacts(from *Client, changed []*user) *tg.Updates {
	updates := []tg.UpdateClass{}
	for _, u := range changed {
		updates = append(updates, &tg.UpdatePeerSettings{
			Peer: &tg.PeerUser{UserID: u.ID}, Settings: t.settingsFor(from.user, u),
		})
	}
	news := t.envelope(from.user, changed, updates...)
	if len(changed) > 0 {
		t.tellAll(from.user, from, news)
	}
	return news
}
