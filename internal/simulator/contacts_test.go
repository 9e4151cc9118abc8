package simulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// see gives a user as a device is shown it.
func (w *world) see(d *device, id int64) *tg.User {
	w.Helper()
	users, err := d.api.UsersGetUsers(w.Context(), []tg.InputUserClass{d.InputUser(id)})
	w.must(err)
	return users[0].(*tg.User)
}

func TestEachViewerSeesUsersInHisOwnWay(t *testing.T) {
	w := newWorld(t)
	ann, bob, carol := w.login(w.ann), w.login(w.bob), w.login(w.carol)

	self := w.see(ann, w.ann)
	w.equal("self", self.Self, true)
	w.equal("one's own phone", self.Phone, "15550001")
	friend := w.see(bob, w.ann)
	w.equal("contact", friend.Contact, true)
	w.equal("mutual_contact", friend.MutualContact, true)
	w.equal("a friend's phone", friend.Phone, "15550001")
	w.equal("username", friend.Username, "ann")
	stranger := w.see(carol, w.ann)
	w.equal("a stranger is a contact", stranger.Contact, false)
	w.equal("a stranger's phone", stranger.Phone, "")
	w.equal("last name", stranger.LastName, "Lee")

	if friend.AccessHash == stranger.AccessHash || friend.AccessHash == self.AccessHash {
		t.Error("two viewers have the same access hash")
	}
	for _, id := range []tg.InputUserClass{
		&tg.InputUser{UserID: w.ann, AccessHash: friend.AccessHash},
		&tg.InputUser{UserID: w.bob, AccessHash: stranger.AccessHash},
		&tg.InputUser{UserID: w.ann},
		&tg.InputUserEmpty{},
	} {
		_, err := carol.api.UsersGetUsers(t.Context(), []tg.InputUserClass{id})
		w.refused("getUsers", err, "400 PEER_ID_INVALID")
		_, err = carol.api.UsersGetFullUser(t.Context(), id)
		w.refused("getFullUser", err, "400 USER_ID_INVALID")
	}

	w.must(w.sim.AddContact(w.ann, w.carol))
	w.equal("the phone of one who saved me", w.see(carol, w.ann).Phone, "15550001")
	w.equal("mutual, seen by the one who did not save", w.see(carol, w.ann).MutualContact, false)
	if robot := w.see(carol, w.robot); !robot.Bot || robot.Status != nil {
		t.Errorf("a bot: %+v", robot)
	}
}

func TestFullUserSaysWhetherOneMayCall(t *testing.T) {
	w := newWorld(t)
	shy := w.add(simulator.User{Phone: "15550010", FirstName: "Shy", CallsFrom: simulator.Contacts})
	ann := w.login(w.ann)
	full := func(id int64) tg.UserFull {
		got, err := ann.api.UsersGetFullUser(t.Context(), ann.InputUser(id))
		w.must(err)
		w.equal("users beside", len(got.Users), 1)
		return got.FullUser
	}
	for _, test := range []struct {
		name                string
		id                  int64
		available, declared bool
	}{
		{"a friend", w.bob, true, false},
		{"a stranger", w.carol, true, false},
		{"one who takes calls of contacts", shy, false, true},
		{"a bot", w.robot, false, false},
		{"oneself", w.ann, false, false},
	} {
		got := full(test.id)
		w.equal(test.name+", phone_calls_available", got.PhoneCallsAvailable, test.available)
		w.equal(test.name+", video_calls_available", got.VideoCallsAvailable, test.available)
		w.equal(test.name+", phone_calls_private", got.PhoneCallsPrivate, test.declared)
	}
	w.equal("a stranger can be added", full(w.carol).Settings.AddContact, true)
	w.equal("a friend can be added", full(w.bob).Settings.AddContact, false)
	w.must(w.sim.Block(w.ann, w.carol))
	w.equal("blocked", full(w.carol).Blocked, true)
	w.must(w.sim.Block(w.bob, w.ann))
	w.equal("one who blocked me can be called", full(w.bob).PhoneCallsAvailable, false)
}

func TestContactsAreSavedAndForgotten(t *testing.T) {
	w := newWorld(t)
	carol, tablet := w.login(w.carol), w.login(w.carol)

	imported, err := carol.api.ContactsImportContacts(t.Context(), []tg.InputPhoneContact{
		{ClientID: 7, Phone: "+1-555-0001", FirstName: "Annie"},
		{ClientID: 8, Phone: "+1-555-9999", FirstName: "Nobody"},
		{ClientID: 9, Phone: "15550003", FirstName: "Me"},
	})
	w.must(err)
	if !slices.Equal(imported.Imported, []tg.ImportedContact{{UserID: w.ann, ClientID: 7}, {UserID: w.carol, ClientID: 9}}) {
		t.Errorf("imported %v", imported.Imported)
	}
	annie := imported.Users[0].(*tg.User)
	w.equal("name", annie.FirstName+annie.LastName, "Annie")
	w.equal("the phone that she was saved by", annie.Phone, "15550001")
	w.equal("the tablet", tablet.heard(), "stranger false; stranger false")

	answer, err := carol.api.ContactsAddContact(t.Context(), &tg.ContactsAddContactRequest{ID: carol.InputUser(w.bob), FirstName: "Bobby"})
	w.must(err)
	w.equal("the answer", describe(answer.(*tg.Updates).Updates[0]), "stranger false")
	w.equal("a phone that was not given", w.see(carol, w.bob).Phone, "")

	list := w.contacts(carol)
	if !slices.Equal(list.Contacts, []tg.Contact{{UserID: w.ann}, {UserID: w.bob}}) || len(list.Users) != 2 {
		t.Errorf("contacts %v, users %v", list.Contacts, list.Users)
	}
	w.equal("ann's are mutual", w.contacts(w.login(w.ann)).Contacts[0].Mutual, true)

	tablet.take()
	_, err = carol.api.ContactsDeleteContacts(t.Context(), []tg.InputUserClass{carol.InputUser(w.ann), carol.InputUser(404)})
	w.must(err)
	w.equal("the tablet", tablet.heard(), "stranger true")
	w.equal("contacts left", len(w.contacts(carol).Contacts), 1)
	w.equal("name after", w.see(carol, w.ann).FirstName, "Ann")

	_, err = carol.api.ContactsAddContact(t.Context(), &tg.ContactsAddContactRequest{ID: carol.InputUser(w.ann)})
	w.refused("no name", err, "400 CONTACT_NAME_EMPTY")
	_, err = carol.api.ContactsAddContact(t.Context(), &tg.ContactsAddContactRequest{ID: carol.InputUser(404), FirstName: "X"})
	w.refused("nobody", err, "400 CONTACT_ID_INVALID")
}

func (w *world) contacts(d *device) *tg.ContactsContacts {
	w.Helper()
	list, err := d.api.ContactsGetContacts(w.Context(), 0)
	w.must(err)
	return list.(*tg.ContactsContacts)
}

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	ann, tablet := w.login(w.ann), w.login(w.ann)
	peer := func(id int64) tg.InputPeerClass {
		return &tg.InputPeerUser{UserID: id, AccessHash: w.see(ann, id).AccessHash}
	}
	block := func(p tg.InputPeerClass) error {
		_, err := ann.api.ContactsBlock(t.Context(), &tg.ContactsBlockRequest{ID: p})
		return err
	}
	blocked := func(offset, limit int) tg.ContactsBlockedClass {
		list, err := ann.api.ContactsGetBlocked(t.Context(), &tg.ContactsGetBlockedRequest{Offset: offset, Limit: limit})
		w.must(err)
		return list
	}

	w.must(block(peer(w.carol)))
	w.must(block(peer(w.carol)))
	w.clock.Advance(time.Second)
	w.must(block(peer(w.dan)))
	w.equal("the tablet", tablet.heard(), "blocked true; blocked true")
	_, err := w.login(w.carol).Ring(t.Context(), w.ann, false)
	w.refused("the blocked one's call", err, "403 USER_IS_BLOCKED")

	all := blocked(0, 10).(*tg.ContactsBlocked)
	w.equal("blocked", len(all.Blocked), 2)
	w.equal("the newest", all.Blocked[0].PeerID.(*tg.PeerUser).UserID, w.dan)
	slice := blocked(1, 1).(*tg.ContactsBlockedSlice)
	w.equal("count", slice.Count, 2)
	w.equal("the second", slice.Blocked[0].PeerID.(*tg.PeerUser).UserID, w.carol)
	w.equal("past the end", len(blocked(5, 5).(*tg.ContactsBlockedSlice).Blocked), 0)

	_, err = ann.api.ContactsUnblock(t.Context(), &tg.ContactsUnblockRequest{ID: peer(w.carol)})
	w.must(err)
	w.equal("the tablet", tablet.heard(), "blocked false")
	_, err = w.login(w.carol).Ring(t.Context(), w.ann, false)
	w.must(err)

	w.refused("oneself", block(&tg.InputPeerSelf{}), "400 CONTACT_ID_INVALID")
	w.refused("nobody", block(&tg.InputPeerUser{UserID: 404}), "400 PEER_ID_INVALID")
	w.refused("nothing", block(&tg.InputPeerEmpty{}), "400 PEER_ID_INVALID")
	w.refused("a group", block(&tg.InputPeerChat{ChatID: 1}), "400 CHAT_ID_INVALID")
	w.refused("a channel", block(&tg.InputPeerChannel{ChannelID: 1}), "400 CHANNEL_INVALID")
}

func TestUsersAreFoundByPhoneAndName(t *testing.T) {
	w := newWorld(t)
	carol := w.login(w.carol)
	found, err := carol.api.ContactsResolvePhone(t.Context(), "+1 (555) 0001")
	w.must(err)
	w.equal("by phone", found.Peer.(*tg.PeerUser).UserID, w.ann)
	w.equal("who cannot see it", found.Users[0].(*tg.User).Phone, "")
	_, err = carol.api.ContactsResolvePhone(t.Context(), "15559999")
	w.refused("nobody's phone", err, "400 PHONE_NOT_OCCUPIED")

	name := func(n string) error {
		found, err = carol.api.ContactsResolveUsername(t.Context(), &tg.ContactsResolveUsernameRequest{Username: n})
		return err
	}
	w.must(name("bOB"))
	w.equal("by name", found.Peer.(*tg.PeerUser).UserID, w.bob)
	w.refused("nobody's name", name("nobody"), "400 USERNAME_NOT_OCCUPIED")
	w.refused("not a name", name("@bob"), "400 USERNAME_INVALID")
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	set := func(offline bool) {
		_, err := bob.api.AccountUpdateStatus(t.Context(), offline)
		w.must(err)
	}
	status := func() string { return w.see(ann, w.bob).Status.TypeName() }
	w.equal("never said", status(), "userStatusRecently")
	set(false)
	w.equal("said online", status(), "userStatusOnline")
	w.clock.Advance(5 * time.Minute)
	w.equal("long ago", status(), "userStatusOffline")
	set(false)
	set(true)
	w.equal("said offline", status(), "userStatusOffline")
}

func TestWhoCannotBeAdded(t *testing.T) {
	w := newWorld(t)
	for want, u := range map[string]simulator.User{
		"add user: a person has a phone, a bot has a token instead": {FirstName: "Nobody"},
		"add user: a phone number has 7 to 15 digits":               {Phone: "12345"},
		"add user: the phone number is taken":                       {Phone: "+15550001"},
		"add user: @ANN is taken":                                   {Phone: "15550077", Username: "ANN"},
		"add user: id 7000000001 is taken":                          {ID: w.ann, Phone: "15550077"},
		"add user: id -1 is out of range":                           {ID: -1, Phone: "15550077"},
		"add user: the bot token is taken":                          {Bot: true, BotToken: "1:robot"},
	} {
		_, err := w.sim.AddUser(u)
		w.refused("add", err, want)
	}
	w.refused("a contact", w.sim.AddContact(w.ann, 404), "add contact: nobody has the id 404")
	w.refused("oneself", w.sim.Block(w.ann, w.ann), "block: 7000000001 is the same user")
}
