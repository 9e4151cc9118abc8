package simulator_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/clock"
	"luahost/internal/simulator"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestTimeoutsCanBeSetAndAreTold(t *testing.T) {
	night := clock.NewManual(evening)
	sim := simulator.New(simulator.Options{Clock: night, Timeouts: simulator.Timeouts{Receive: time.Second, Packet: 2 * time.Second}})
	ann, err := sim.AddUser(simulator.User{Phone: "15550001"})
	if err != nil {
		t.Fatal(err)
	}
	bob, err := sim.AddUser(simulator.User{Phone: "15550002"})
	if err != nil {
		t.Fatal(err)
	}
	caller := sim.Login(ann)
	config, err := tg.NewClient(caller).HelpGetConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(config.CallReceiveTimeoutMs, config.CallRingTimeoutMs, config.CallConnectTimeoutMs, config.CallPacketTimeoutMs)
	if got != "1000 90000 30000 2000" {
		t.Errorf("told %s", got)
	}
	if _, err := caller.Ring(t.Context(), bob, false); err != nil {
		t.Fatal(err)
	}
	night.Advance(time.Second)
	if call := sim.Calls()[0]; call.Reason != simulator.Missed {
		t.Errorf("%+v", call)
	}
}

func TestEverybodyIsListed(t *testing.T) {
	w := newWorld(t)
	var names []string
	for _, u := range w.sim.Users() {
		names = append(names, fmt.Sprintf("%s %s %v", u.FirstName, u.Phone, w.sim.Contacts(u.ID)))
	}
	w.equal("users", strings.Join(names, "; "), fmt.Sprintf(
		"Ann 15550001 [%d]; Bob 15550002 [%d]; Carol 15550003 []; Dan 15550004 []; Robot  []", w.bob, w.ann))
	w.equal("nobody's contacts", len(w.sim.Contacts(404)), 0)
}

func TestACallLogIsAFileThatWasUploaded(t *testing.T) {
	w := newWorld(t)
	ann, carol := w.login(w.ann), w.login(w.carol)
	out, _ := w.talking(ann, w.login(w.bob))
	w.must(out.HangUp(t.Context(), hangup, 0))
	save := func(d *device, f tg.InputFileClass) error {
		_, err := d.api.PhoneSaveCallLog(t.Context(), &tg.PhoneSaveCallLogRequest{Peer: out.Peer(), File: f})
		return err
	}
	part := func(id int64, n, size int) error {
		_, err := ann.api.UploadSaveFilePart(t.Context(), &tg.UploadSaveFilePartRequest{FileID: id, FilePart: n, Bytes: make([]byte, size)})
		return err
	}
	big := func(id int64, n, of, size int) error {
		_, err := ann.api.UploadSaveBigFilePart(t.Context(), &tg.UploadSaveBigFilePartRequest{
			FileID: id, FilePart: n, FileTotalParts: of, Bytes: make([]byte, size),
		})
		return err
	}
	w.refused("never sent", save(ann, &tg.InputFile{ID: 1, Parts: 1}), "400 FILE_PARTS_INVALID")
	w.must(part(1, 0, 1024))
	w.must(part(1, 2, 10))
	w.refused("a part is missing", save(ann, &tg.InputFile{ID: 1, Parts: 3}), "400 FILE_PARTS_INVALID")
	w.must(part(1, 1, 1024))
	w.refused("not in the call", save(carol, &tg.InputFile{ID: 1, Parts: 3}), "400 CALL_PEER_INVALID")
	w.must(save(ann, &tg.InputFile{ID: 1, Parts: 3}))
	w.equal("size", w.sim.Calls()[0].LogSize, 2058)
	w.refused("again", save(ann, &tg.InputFile{ID: 1, Parts: 3}), "400 FILE_PARTS_INVALID")
	w.must(big(2, 0, 1, 5))
	w.must(save(ann, &tg.InputFileBig{ID: 2, Parts: 1}))
	w.equal("size of the second", w.sim.Calls()[0].LogSize, 5)

	for want, err := range map[string]error{
		"400 FILE_PART_INVALID": part(3, -1, 1),
		"400 FILE_PART_EMPTY":   part(3, 0, 0),
		"400 FILE_PART_TOO_BIG": part(3, 0, 512<<10+1),
	} {
		w.refused("a small file", err, want)
	}
	for want, err := range map[string]error{
		"400 FILE_PARTS_INVALID": big(3, 0, 0, 1),
		"400 FILE_PART_INVALID":  big(3, 4000, 1, 1),
		"400 FILE_PART_EMPTY":    big(3, 0, 1, 0),
		"400 FILE_PART_TOO_BIG":  big(3, 0, 1, 512<<10+1),
	} {
		w.refused("a large file", err, want)
	}
	for id := range int64(17) {
		w.must(part(10+id, 0, 1))
	}
	w.refused("the oldest of too many", save(ann, &tg.InputFile{ID: 10, Parts: 1}), "400 FILE_PARTS_INVALID")
	w.must(save(ann, &tg.InputFile{ID: 26, Parts: 1}))
}

func TestCallsAreListedAndSearched(t *testing.T) {
	w := newWorld(t)
	ann, bob, carol := w.login(w.ann), w.login(w.bob), w.login(w.carol)
	_, err := w.write(ann, w.peer(ann, w.bob), "Hello there", 1)
	w.must(err)
	for _, from := range []*device{ann, carol, bob} { // nobody answers
		to := w.bob
		if from == bob {
			to = w.ann
		}
		_, err := from.Ring(t.Context(), to, false)
		w.must(err)
		w.clock.Advance(time.Minute)
	}
	bob.take()
	_, declined := w.ringing(ann, bob)
	w.must(declined.HangUp(t.Context(), busy, 0))
	out, _ := w.talking(ann, bob)
	w.must(out.HangUp(t.Context(), hangup, 0))

	search := func(r tg.MessagesSearchRequest) string {
		if r.Peer == nil {
			r.Peer = &tg.InputPeerEmpty{}
		}
		r.Limit = 10
		got, err := bob.api.MessagesSearch(t.Context(), &r)
		if err != nil {
			return refusal(err)
		}
		var words []string
		for _, m := range got.(*tg.MessagesMessages).Messages {
			words = append(words, describeMessage(m))
		}
		return strings.Join(words, "; ")
	}
	calls := &tg.InputMessagesFilterPhoneCalls{}
	w.equal("calls with ann", search(tg.MessagesSearchRequest{Peer: w.peer(bob, w.ann), Filter: calls}),
		"in call hangup after 0 s; in call busy; out call missed; in call missed")
	w.equal("missed ones of all", search(tg.MessagesSearchRequest{Filter: &tg.InputMessagesFilterPhoneCalls{Missed: true}}),
		"in call missed; in call missed")
	w.equal("after a date", search(tg.MessagesSearchRequest{Filter: calls, MinDate: int(evening.Unix()) + 170}),
		"in call hangup after 0 s; in call busy")
	w.equal("before a date", search(tg.MessagesSearchRequest{Filter: calls, MaxDate: int(evening.Unix()) + 20}), "in call missed")
	w.equal("a text", search(tg.MessagesSearchRequest{Filter: &tg.InputMessagesFilterEmpty{}, Q: "hello"}), `in "Hello there"`)
	w.equal("no text", search(tg.MessagesSearchRequest{Filter: &tg.InputMessagesFilterEmpty{}}), "400 SEARCH_QUERY_EMPTY")
	w.equal("pictures", search(tg.MessagesSearchRequest{Filter: &tg.InputMessagesFilterPhotos{}}), "400 INPUT_FILTER_INVALID")

	got, err := bob.api.MessagesGetMessages(t.Context(), []tg.InputMessageClass{
		&tg.InputMessageID{ID: 2}, &tg.InputMessageID{ID: 99}, &tg.InputMessagePinned{},
	})
	w.must(err)
	list := got.(*tg.MessagesMessages)
	w.equal("by id", describeMessage(list.Messages[0]), "in call missed")
	w.equal("no such id", list.Messages[1].(*tg.MessageEmpty).ID, 99)
	w.equal("not an id", list.Messages[2].TypeName(), "messageEmpty")
	w.equal("users", len(list.Users), 2)
}

func TestReadingAndTypingAreHeard(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	_, err := w.write(ann, w.peer(ann, w.bob), "hello", 1)
	w.must(err)
	read, err := bob.api.MessagesReadHistory(t.Context(), &tg.MessagesReadHistoryRequest{Peer: w.peer(bob, w.ann), MaxID: 1})
	w.must(err)
	w.equal("pts", read.Pts, 2)
	bob.take()
	typing := func(to tg.InputPeerClass) error {
		_, err := ann.api.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{Peer: to, Action: &tg.SendMessageTypingAction{}})
		return err
	}
	w.must(typing(w.peer(ann, w.bob)))
	w.must(typing(&tg.InputPeerSelf{}))
	heard := bob.take()[0].(*tg.UpdateUserTyping)
	w.equal("who types", heard.UserID, w.ann)
	w.equal("what", heard.Action.TypeName(), "sendMessageTypingAction")
	w.must(w.sim.Block(w.bob, w.ann))
	w.refused("to one who blocked me", typing(w.peer(ann, w.bob)), "403 USER_IS_BLOCKED")
}

// TestPeersThatCannotBeMeant asks every method that takes a peer for one that is
// not a user's.
func TestPeersThatCannotBeMeant(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	for peer, want := range map[tg.InputPeerClass]string{
		&tg.InputPeerUser{UserID: 404}:     "400 PEER_ID_INVALID",
		&tg.InputPeerChat{ChatID: 1}:       "400 CHAT_ID_INVALID",
		&tg.InputPeerChannel{ChannelID: 1}: "400 CHANNEL_INVALID",
	} {
		for name, ask := range map[string]func() error{
			"sendMessage": func() error {
				_, err := w.write(ann, peer, "x", 1)
				return err
			},
			"getHistory": func() error {
				_, err := ann.api.MessagesGetHistory(t.Context(), &tg.MessagesGetHistoryRequest{Peer: peer})
				return err
			},
			"search": func() error {
				_, err := ann.api.MessagesSearch(t.Context(), &tg.MessagesSearchRequest{Peer: peer, Filter: &tg.InputMessagesFilterEmpty{}})
				return err
			},
			"readHistory": func() error {
				_, err := ann.api.MessagesReadHistory(t.Context(), &tg.MessagesReadHistoryRequest{Peer: peer})
				return err
			},
			"setTyping": func() error {
				_, err := ann.api.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{Peer: peer, Action: &tg.SendMessageTypingAction{}})
				return err
			},
			"getPeerSettings": func() error {
				_, err := ann.api.MessagesGetPeerSettings(t.Context(), peer)
				return err
			},
			"getPeerDialogs": func() error {
				_, err := ann.api.MessagesGetPeerDialogs(t.Context(), []tg.InputDialogPeerClass{&tg.InputDialogPeer{Peer: peer}})
				return err
			},
			"unblock": func() error {
				_, err := ann.api.ContactsUnblock(t.Context(), &tg.ContactsUnblockRequest{ID: peer})
				return err
			},
		} {
			w.refused(name, ask(), want)
		}
	}
	_, err := ann.api.ContactsUnblock(t.Context(), &tg.ContactsUnblockRequest{ID: &tg.InputPeerSelf{}})
	w.refused("unblock oneself", err, "400 CONTACT_ID_INVALID")
}

func TestACodeIsSentAgainOrGivenUp(t *testing.T) {
	w := newWorld(t)
	_, api := w.stranger()
	sent, err := api.AuthSendCode(t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: "15550001", APIID: 1, APIHash: "x"})
	w.must(err)
	hash := sent.(*tg.AuthSentCode).PhoneCodeHash
	resend := func(phone, hash string) (tg.AuthSentCodeClass, error) {
		return api.AuthResendCode(t.Context(), &tg.AuthResendCodeRequest{PhoneNumber: phone, PhoneCodeHash: hash})
	}
	_, err = resend("1", hash)
	w.refused("no phone number", err, "406 PHONE_NUMBER_INVALID")
	_, err = resend("15550002", hash)
	w.refused("another number", err, "400 PHONE_CODE_EXPIRED")
	again, err := resend("15550001", hash)
	w.must(err)
	newHash := again.(*tg.AuthSentCode).PhoneCodeHash
	cancel := func(phone, hash string) error {
		_, err := api.AuthCancelCode(t.Context(), &tg.AuthCancelCodeRequest{PhoneNumber: phone, PhoneCodeHash: hash})
		return err
	}
	w.refused("no phone number", cancel("1", newHash), "406 PHONE_NUMBER_INVALID")
	w.refused("the code of before", cancel("15550001", hash), "400 PHONE_CODE_EXPIRED")
	w.must(cancel("15550001", newHash))
	_, err = api.AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: "15550001", PhoneCodeHash: newHash, PhoneCode: simulator.LoginCode})
	w.refused("a code that was given up", err, "400 PHONE_CODE_EXPIRED")
}

func TestADifferenceIsCutWhereItIsAskedTo(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	for i := range int64(5) {
		_, err := w.write(ann, w.peer(ann, w.bob), itoa(i), i)
		w.must(err)
	}
	request := &tg.UpdatesGetDifferenceRequest{Pts: 1}
	request.SetPtsLimit(2)
	texts := ""
	for rounds := 0; ; rounds++ {
		got, err := bob.api.UpdatesGetDifference(t.Context(), request)
		w.must(err)
		if slice, ok := got.(*tg.UpdatesDifferenceSlice); ok {
			for _, m := range slice.NewMessages {
				texts += m.(*tg.Message).Message
			}
			request.Pts = slice.IntermediateState.Pts
			continue
		}
		last := got.(*tg.UpdatesDifference)
		texts += last.NewMessages[0].(*tg.Message).Message
		w.equal("rounds", rounds, 2)
		w.equal("pts", last.State.Pts, 6)
		break
	}
	w.equal("messages", texts, "01234")
	request.Pts = 1
	request.SetPtsTotalLimit(4)
	got, err := bob.api.UpdatesGetDifference(t.Context(), request)
	w.must(err)
	w.equal("too long", got.(*tg.UpdatesDifferenceTooLong).Pts, 6)
}

func TestSomeConversationsAndTheirSettings(t *testing.T) {
	w := newWorld(t)
	carol := w.login(w.carol)
	for i, to := range []int64{w.ann, w.bob, w.ann} {
		_, err := w.write(carol, w.peer(carol, to), itoa(int64(i)), int64(i))
		w.must(err)
	}
	got, err := carol.api.MessagesGetPeerDialogs(t.Context(), []tg.InputDialogPeerClass{
		&tg.InputDialogPeer{Peer: w.peer(carol, w.dan)}, &tg.InputDialogPeer{Peer: w.peer(carol, w.ann)},
	})
	w.must(err)
	w.equal("conversations", len(got.Dialogs), 1)
	w.equal("the last message", describeMessage(got.Messages[0]), `out "2"`)
	w.equal("pts", got.State.Pts, 4)
	_, err = carol.api.MessagesGetPeerDialogs(t.Context(), nil)
	w.refused("none", err, "400 INPUT_PEERS_EMPTY")
	_, err = carol.api.MessagesGetPeerDialogs(t.Context(), []tg.InputDialogPeerClass{&tg.InputDialogPeerFolder{FolderID: 1}})
	w.refused("a folder", err, "400 PEER_ID_INVALID")

	settings, err := carol.api.MessagesGetPeerSettings(t.Context(), w.peer(carol, w.ann))
	w.must(err)
	w.equal("a stranger", settings.Settings.AddContact, true)
	w.equal("who it is", settings.Users[0].(*tg.User).ID, w.ann)
}

func TestContactsAreSearched(t *testing.T) {
	w := newWorld(t)
	ann := w.login(w.ann)
	search := func(q string) string {
		found, err := ann.api.ContactsSearch(t.Context(), &tg.ContactsSearchRequest{Q: q, Limit: 10})
		if err != nil {
			return refusal(err)
		}
		return fmt.Sprint(len(found.MyResults), len(found.Results), len(found.Users))
	}
	w.equal("a contact", search("BO"), "1 0 1")
	w.equal("a stranger's username", search("rob"), "0 1 1")
	w.equal("the middle of it", search("obot"), "0 0 0")
	w.equal("nothing", search(""), "400 SEARCH_QUERY_EMPTY")
	w.equal("one letter", search("b"), "400 QUERY_TOO_SHORT")

	statuses, err := ann.api.ContactsGetStatuses(t.Context())
	w.must(err)
	w.equal("statuses", len(statuses), 1)
	w.equal("whose", statuses[0].UserID, w.bob)
}
