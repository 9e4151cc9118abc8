package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// write sends a text, with the number of the world's message as random_id.
func (w *world) write(d *device, to tg.InputPeerClass, text string, randomID int64) (*tg.Updates, error) {
	answer, err := d.api.MessagesSendMessage(w.Context(), &tg.MessagesSendMessageRequest{
		Peer: to, Message: text, RandomID: randomID,
	})
	if err != nil {
		return nil, err
	}
	return answer.(*tg.Updates), nil
}

func (w *world) peer(d *device, id int64) *tg.InputPeerUser {
	return &tg.InputPeerUser{UserID: id, AccessHash: w.see(d, id).AccessHash}
}

// history is a conversation in words, oldest first.
func (w *world) history(d *device, with int64) string {
	w.Helper()
	got, err := d.api.MessagesGetHistory(w.Context(), &tg.MessagesGetHistoryRequest{Peer: w.peer(d, with), Limit: 100})
	w.must(err)
	var words []string
	for _, m := range got.(*tg.MessagesMessages).Messages {
		words = append([]string{describeMessage(m)}, words...)
	}
	return strings.Join(words, "; ")
}

func TestAMessageIsInBothHistories(t *testing.T) {
	w := newWorld(t)
	ann, tablet, bob := w.login(w.ann), w.login(w.ann), w.login(w.bob)
	answer, err := w.write(ann, w.peer(ann, w.bob), "hello", 42)
	w.must(err)
	w.equal("the answer", describe(answer.Updates[0])+"; "+describe(answer.Updates[1]), `message 1 is random 42; out "hello"`)
	w.equal("the tablet", tablet.heard(), `out "hello"`)
	w.equal("bob", bob.heard(), `in "hello"`)

	_, err = w.write(ann, w.peer(ann, w.bob), "hello", 42)
	w.refused("the same random_id", err, "500 RANDOM_ID_DUPLICATE")
	_, err = w.write(bob, w.peer(bob, w.ann), "hi", 42)
	w.must(err)
	w.equal("ann's history", w.history(ann, w.bob), `out "hello"; in "hi"`)
	w.equal("bob's history", w.history(bob, w.ann), `in "hello"; out "hi"`)
	w.equal("another history", w.history(ann, w.carol), "")
}

func TestRepliesAndEntitiesArrive(t *testing.T) {
	w := newWorld(t)
	ann, bob, carol := w.login(w.ann), w.login(w.bob), w.login(w.carol)
	_, err := w.write(carol, w.peer(carol, w.bob), "shifts bob's ids by one", 1)
	w.must(err)
	_, err = w.write(ann, w.peer(ann, w.bob), "shall we?", 1)
	w.must(err)
	reply := func(d *device, to int64, id int) error {
		_, err := d.api.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
			Peer: w.peer(d, to), Message: "yes", RandomID: 10 + int64(id),
			ReplyTo:  &tg.InputReplyToMessage{ReplyToMsgID: id},
			Entities: []tg.MessageEntityClass{&tg.MessageEntityBold{Length: 3}, &tg.MessageEntityBlockquote{Collapsed: true, Length: 3}},
		})
		return err
	}
	w.refused("to a message of another conversation", reply(bob, w.ann, 1), "400 REPLY_MESSAGE_ID_INVALID")
	w.refused("to no message", reply(bob, w.ann, 3), "400 REPLY_MESSAGE_ID_INVALID")
	ann.take()
	w.must(reply(bob, w.ann, 2))

	got := ann.take()[0].(*tg.UpdateNewMessage).Message.(*tg.Message)
	w.equal("reply to", got.ReplyTo.(*tg.MessageReplyHeader).ReplyToMsgID, 1)
	bob.take()
	w.must(reply(ann, w.bob, 1))
	own := bob.take()[0].(*tg.UpdateNewMessage).Message.(*tg.Message)
	w.equal("reply to one's own, for the other side", own.ReplyTo.(*tg.MessageReplyHeader).ReplyToMsgID, 2)
	w.equal("entities", fmt.Sprint(got.Entities), fmt.Sprint([]tg.MessageEntityClass{
		&tg.MessageEntityBold{Length: 3}, &tg.MessageEntityBlockquote{Flags: 1, Collapsed: true, Length: 3},
	}))
}

func TestMessagesAreRefused(t *testing.T) {
	w := newWorld(t)
	ann, carol := w.login(w.ann), w.login(w.carol)
	second := w.add(simulator.User{Bot: true, BotToken: "2:robot"})
	robot := w.login(w.robot)
	w.must(w.sim.Block(w.ann, w.carol))
	send := func(d *device, to tg.InputPeerClass, text string) error {
		_, err := w.write(d, to, text, 1)
		return err
	}
	w.refused("empty", send(ann, w.peer(ann, w.bob), ""), "400 MESSAGE_EMPTY")
	w.refused("too long", send(ann, w.peer(ann, w.bob), strings.Repeat("ü", 4097)), "400 MESSAGE_TOO_LONG")
	w.must(send(ann, w.peer(ann, w.bob), strings.Repeat("ü", 4096)))
	link := func(length int) error {
		_, err := ann.api.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
			Peer: w.peer(ann, w.bob), Message: "x", RandomID: int64(length),
			Entities: []tg.MessageEntityClass{&tg.MessageEntityTextURL{Length: 1, URL: strings.Repeat("x", length)}},
		})
		return err
	}
	w.refused("with an endless link", link(16<<10), "400 ENTITIES_TOO_LONG")
	w.must(link(16_000))
	w.refused("to nobody", send(ann, &tg.InputPeerUser{UserID: 404}, "x"), "400 PEER_ID_INVALID")
	w.refused("with another's hash", send(ann, w.peer(carol, w.bob), "x"), "400 PEER_ID_INVALID")
	w.refused("to one whom I blocked", send(ann, w.peer(ann, w.carol), "x"), "400 YOU_BLOCKED_USER")
	w.refused("to one who blocked me", send(carol, w.peer(carol, w.ann), "x"), "403 USER_IS_BLOCKED")
	w.refused("of a bot to a bot", send(robot, w.peer(robot, second), "x"), "400 USER_IS_BOT")
	w.must(send(robot, w.peer(robot, w.dan), "x"))
}

func TestHistoryIsPagedAndDialogsAreListed(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	_, err := w.write(ann, &tg.InputPeerSelf{}, "note", 100)
	w.must(err)
	w.equal("to oneself, once", w.history(ann, w.ann), `out "note"`)
	for i := range 5 {
		_, err := w.write(ann, w.peer(ann, w.bob), fmt.Sprint(i), int64(i))
		w.must(err)
	}
	page := func(r tg.MessagesGetHistoryRequest) string {
		r.Peer = w.peer(bob, w.ann)
		got, err := bob.api.MessagesGetHistory(t.Context(), &r)
		w.must(err)
		words := ""
		for _, m := range got.(*tg.MessagesMessagesSlice).Messages {
			words += m.(*tg.Message).Message
		}
		return words
	}
	w.equal("the newest two", page(tg.MessagesGetHistoryRequest{Limit: 2}), "43")
	w.equal("older than the fourth", page(tg.MessagesGetHistoryRequest{OffsetID: 4, Limit: 2}), "21")
	w.equal("around it", page(tg.MessagesGetHistoryRequest{OffsetID: 4, AddOffset: -1, Limit: 2}), "32")
	w.equal("between ids", page(tg.MessagesGetHistoryRequest{MinID: 1, MaxID: 4, Limit: 10}), "21")
	w.equal("past the end", page(tg.MessagesGetHistoryRequest{OffsetID: 1, Limit: 2}), "")
	w.equal("before all dates", page(tg.MessagesGetHistoryRequest{OffsetDate: 1, Limit: 2}), "")

	got, err := ann.api.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 10})
	w.must(err)
	dialogs := got.(*tg.MessagesDialogs)
	w.equal("dialogs", len(dialogs.Dialogs), 2)
	w.equal("the newest is with", dialogs.Dialogs[0].(*tg.Dialog).Peer.(*tg.PeerUser).UserID, w.bob)
	w.equal("its last message", describeMessage(dialogs.Messages[0]), `out "4"`)
}

func TestDifferenceAfterAnAbsence(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.login(w.ann), w.login(w.bob)
	state, err := bob.api.UpdatesGetState(t.Context())
	w.must(err)
	difference := func(pts int) (tg.UpdatesDifferenceClass, error) {
		return bob.api.UpdatesGetDifference(t.Context(), &tg.UpdatesGetDifferenceRequest{Pts: pts, Date: state.Date})
	}
	same, err := difference(state.Pts)
	w.must(err)
	w.equal("nothing happened", same.TypeName(), "updates.differenceEmpty")

	_, err = w.write(ann, w.peer(ann, w.bob), "are you there?", 1)
	w.must(err)
	out, _ := w.ringing(ann, bob)
	w.must(out.HangUp(t.Context(), missed, 0))

	got, err := difference(state.Pts)
	w.must(err)
	missed := got.(*tg.UpdatesDifference)
	w.equal("messages", describeMessage(missed.NewMessages[0])+"; "+describeMessage(missed.NewMessages[1]),
		`in "are you there?"; in call missed`)
	w.equal("the call's id", missed.NewMessages[1].(*tg.MessageService).Action.(*tg.MessageActionPhoneCall).CallID, out.ID())
	w.equal("users", len(missed.Users), 2)
	w.equal("pts", missed.State.Pts, state.Pts+2)
	got, err = difference(state.Pts + 1)
	w.must(err)
	w.equal("later messages", len(got.(*tg.UpdatesDifference).NewMessages), 1)
	_, err = difference(0)
	w.refused("no pts", err, "400 PERSISTENT_TIMESTAMP_EMPTY")
	_, err = difference(state.Pts + 3)
	w.refused("pts of the future", err, "400 PERSISTENT_TIMESTAMP_INVALID")
}
