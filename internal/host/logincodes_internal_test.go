package host

import (
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

const secretText = "Login code: 90210"

func written(by int64) *tg.Message {
	return &tg.Message{ID: 7, PeerID: &tg.PeerUser{UserID: by}, Date: 9, Message: secretText}
}

// What is Telegram's own loses its text and keeps its place; all else is passed on
// as it is, and the object that others read is never changed.
func TestShown(t *testing.T) {
	forwarded := written(5)
	forwarded.SetFwdFrom(tg.MessageFwdHeader{FromID: &tg.PeerUser{UserID: telegramsOwn}})
	for name, test := range map[string]struct {
		update tg.UpdateClass
		hidden bool
	}{
		"new":          {&tg.UpdateNewMessage{Message: written(telegramsOwn), Pts: 3}, true},
		"edited":       {&tg.UpdateEditMessage{Message: written(telegramsOwn), Pts: 3}, true},
		"forwarded":    {&tg.UpdateNewMessage{Message: forwarded}, true},
		"notification": {&tg.UpdateServiceNotification{Type: "AUTH_CODE", Message: secretText, Media: &tg.MessageMediaEmpty{}}, true},
		"a friend's":   {&tg.UpdateNewMessage{Message: written(5)}, false},
		"no message":   {&tg.UpdateUserStatus{UserID: telegramsOwn, Status: &tg.UserStatusRecently{}}, false},
		"of service":   {&tg.UpdateNewMessage{Message: &tg.MessageService{PeerID: &tg.PeerUser{UserID: telegramsOwn}}}, false},
	} {
		got := shown(test.update)
		if (got != test.update) != test.hidden {
			t.Errorf("%s: shown as %v", name, got)
		}
		if test.hidden && textOf(got) != "" || test.hidden && textOf(test.update) != secretText {
			t.Errorf("%s: shown %q, others read %q", name, textOf(got), textOf(test.update))
		}
		if new, ok := got.(*tg.UpdateNewMessage); ok && name == "new" && (new.Pts != 3 || new.Message.(*tg.Message).ID != 7 || new.Message.(*tg.Message).Date != 9) {
			t.Errorf("%s: lost its place: %v", name, got)
		}
	}
}

func textOf(u tg.UpdateClass) string {
	switch u := u.(type) {
	case *tg.UpdateNewMessage:
		if m, ok := u.Message.(*tg.Message); ok {
			return m.Message
		}
	case *tg.UpdateEditMessage:
		return u.Message.(*tg.Message).Message
	case *tg.UpdateServiceNotification:
		return u.Message
	}
	return ""
}

func TestHide(t *testing.T) {
	list := func() []tg.MessageClass {
		return []tg.MessageClass{written(5), written(telegramsOwn), &tg.MessageEmpty{ID: 1}}
	}
	for _, answer := range []bin.Object{
		&tg.MessagesMessages{Messages: list()}, &tg.MessagesMessagesSlice{Messages: list()}, &tg.MessagesDialogs{Messages: list()},
		&tg.MessagesDialogsSlice{Messages: list()}, &tg.MessagesPeerDialogs{Messages: list()}, &tg.MessagesSavedDialogs{Messages: list()},
		&tg.MessagesSearchResultsCalendar{Messages: list()}, &tg.UpdatesDifference{NewMessages: list()},
		&tg.UpdatesDifferenceSlice{NewMessages: list()}, &tg.MessagesQuickReplies{Messages: list()},
	} {
		hide(answer)
		var got []tg.MessageClass
		switch a := answer.(type) {
		case interface{ GetMessages() []tg.MessageClass }:
			got = a.GetMessages()
		case interface{ GetNewMessages() []tg.MessageClass }:
			got = a.GetNewMessages()
		}
		if len(got) != 3 || got[0].(*tg.Message).Message != secretText || got[1].(*tg.Message).Message != "" {
			t.Errorf("%T has %v", answer, got)
		}
	}
	hide(&tg.MessagesMessagesNotModified{}) // has no list
}

func TestSpreads(t *testing.T) {
	telegram, friend := &tg.InputPeerUser{UserID: telegramsOwn}, &tg.InputPeerUser{UserID: 5}
	for _, in := range []bin.Encoder{
		&tg.MessagesForwardMessagesRequest{FromPeer: telegram, ToPeer: friend},
		&tg.MessagesForwardMessagesRequest{FromPeer: &tg.InputPeerUserFromMessage{UserID: telegramsOwn}, ToPeer: friend},
		&tg.MessagesTranslateTextRequest{Peer: telegram}, &tg.MessagesSummarizeTextRequest{Peer: telegram},
		&tg.MessagesTranslateRichMessageRequest{Peer: telegram},
	} {
		if !spreads(in) {
			t.Errorf("%T is let through", in)
		}
	}
	for _, in := range []bin.Encoder{
		&tg.MessagesForwardMessagesRequest{FromPeer: friend, ToPeer: telegram}, &tg.MessagesTranslateTextRequest{},
		&tg.MessagesGetHistoryRequest{Peer: telegram},
	} {
		if spreads(in) {
			t.Errorf("%T is refused", in)
		}
	}
}
