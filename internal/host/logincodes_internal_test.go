package host

import (
	"context"
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
	quoted := written(5)
	quoted.SetReplyTo(&tg.MessageReplyHeader{ReplyToPeerID: &tg.PeerUser{UserID: telegramsOwn}, QuoteText: secretText})
	for name, test := range map[string]struct {
		update tg.UpdateClass
		hidden bool
	}{
		"new":          {&tg.UpdateNewMessage{Message: written(telegramsOwn), Pts: 3}, true},
		"edited":       {&tg.UpdateEditMessage{Message: written(telegramsOwn), Pts: 3}, true},
		"forwarded":    {&tg.UpdateNewMessage{Message: forwarded}, true},
		"quoted":       {&tg.UpdateNewMessage{Message: quoted}, true},
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
	for _, answer := range []bin.Object{
		&tg.Updates{Updates: updates()}, &tg.UpdatesCombined{Updates: updates()}, &tg.UpdatesDifference{OtherUpdates: updates()},
	} {
		hide(answer)
		var got []tg.UpdateClass
		switch a := answer.(type) {
		case interface{ GetUpdates() []tg.UpdateClass }:
			got = a.GetUpdates()
		case interface{ GetOtherUpdates() []tg.UpdateClass }:
			got = a.GetOtherUpdates()
		}
		if len(got) != 2 || textOf(got[0]) != secretText || textOf(got[1]) != "" {
			t.Errorf("%T has %v", answer, got)
		}
	}
}

// served answers messages.getMessages for an account whose message 7 is Telegram's
// and whose message 8 is a friend's.
type served struct{ asked int }

func (s *served) Invoke(_ context.Context, in bin.Encoder, out bin.Decoder) error {
	s.asked++
	answer := &tg.MessagesMessages{}
	for _, id := range in.(*tg.MessagesGetMessagesRequest).ID {
		if id.(*tg.InputMessageID).ID == 7 {
			answer.Messages = append(answer.Messages, written(telegramsOwn))
		} else {
			answer.Messages = append(answer.Messages, written(5))
		}
	}
	out.(*tg.MessagesMessagesBox).Messages = answer
	return nil
}

func updates() []tg.UpdateClass {
	return []tg.UpdateClass{&tg.UpdateNewMessage{Message: written(5)}, &tg.UpdateNewMessage{Message: written(telegramsOwn)}}
}

func TestBrings(t *testing.T) {
	telegram, friend, channel := &tg.InputPeerUser{UserID: telegramsOwn}, &tg.InputPeerUser{UserID: 5}, &tg.InputPeerChannel{ChannelID: 6}
	replying := func(to tg.InputPeerClass, id int) *tg.MessagesSendMessageRequest {
		r := &tg.MessagesSendMessageRequest{Peer: friend}
		reply := &tg.InputReplyToMessage{ReplyToMsgID: id}
		if to != nil {
			reply.SetReplyToPeerID(to)
		}
		r.SetReplyTo(reply)
		return r
	}
	quoting := func(in tg.InputPeerClass, id int) *tg.MessagesSendMessageRequest {
		r := &tg.MessagesSendMessageRequest{Peer: in}
		reply := &tg.InputReplyToMessage{ReplyToMsgID: id}
		reply.SetQuoteText("9")
		r.SetReplyTo(reply)
		return r
	}
	forwarding := &tg.MessagesForwardMessagesRequest{FromPeer: friend, ID: []int{8}, ToPeer: friend}
	forwarding.SetReplyTo(&tg.InputReplyToMessage{ReplyToMsgID: 7, ReplyToPeerID: telegram})
	forwardingQuote := &tg.MessagesForwardMessagesRequest{FromPeer: channel, ToPeer: telegram}
	forwardingQuote.SetReplyTo(quoting(friend, 7).ReplyTo)
	for name, test := range map[string]struct {
		in     bin.Encoder
		brings bool
		asks   int
	}{
		"forwards":                     {&tg.MessagesForwardMessagesRequest{FromPeer: telegram, ToPeer: friend}, true, 0},
		"forwards by another message":  {&tg.MessagesForwardMessagesRequest{FromPeer: &tg.InputPeerUserFromMessage{UserID: telegramsOwn}}, true, 0},
		"forwards under another name":  {&tg.MessagesForwardMessagesRequest{FromPeer: friend, ID: []int{8, 7}}, true, 1},
		"forwards under no name":       {&tg.MessagesForwardMessagesRequest{FromPeer: &tg.InputPeerEmpty{}, ID: []int{7}}, true, 1},
		"forwards a friend's":          {&tg.MessagesForwardMessagesRequest{FromPeer: friend, ID: []int{8}, ToPeer: telegram}, false, 1},
		"forwards a channel's":         {&tg.MessagesForwardMessagesRequest{FromPeer: channel, ID: []int{7}}, false, 0},
		"forwards in reply":            {forwarding, true, 0},
		"translates":                   {&tg.MessagesTranslateTextRequest{Peer: telegram}, true, 0},
		"translates under no name":     {&tg.MessagesTranslateTextRequest{ID: []int{7}}, true, 1},
		"translates a text":            {&tg.MessagesTranslateTextRequest{}, false, 0},
		"translates what is rich":      {&tg.MessagesTranslateRichMessageRequest{Peer: telegram}, true, 0},
		"sums up":                      {&tg.MessagesSummarizeTextRequest{Peer: telegram}, true, 0},
		"sums up under another name":   {&tg.MessagesSummarizeTextRequest{Peer: friend, ID: 7}, true, 1},
		"replies elsewhere":            {replying(telegram, 7), true, 0},
		"replies under another name":   {replying(friend, 7), true, 1},
		"replies to a friend":          {replying(friend, 8), false, 1},
		"replies":                      {replying(nil, 7), false, 0},
		"quotes":                       {quoting(telegram, 7), true, 0},
		"quotes in another chat":       {quoting(friend, 7), true, 1},
		"quotes a friend":              {quoting(friend, 8), false, 1},
		"quotes with what it forwards": {forwardingQuote, true, 0},
		"quotes in a channel":          {quoting(channel, 7), false, 0},
		"searches":                     {&tg.MessagesSearchRequest{Peer: telegram, Q: "9"}, true, 0},
		"searches everywhere":          {&tg.MessagesSearchRequest{Peer: &tg.InputPeerEmpty{}, Q: "9"}, true, 0},
		"searches what a friend wrote": {&tg.MessagesSearchRequest{Peer: friend, Q: "9"}, false, 0},
		"lists calls":                  {&tg.MessagesSearchRequest{Peer: &tg.InputPeerEmpty{}, Filter: &tg.InputMessagesFilterPhoneCalls{}}, false, 0},
		"searches all":                 {&tg.MessagesSearchGlobalRequest{Q: "9"}, true, 0},
		"searches groups":              {&tg.MessagesSearchGlobalRequest{Q: "9", GroupsOnly: true}, false, 0},
		"reads":                        {&tg.MessagesGetHistoryRequest{Peer: telegram}, false, 0},
	} {
		s := &served{}
		got, err := brings(t.Context(), test.in, s)
		if err != nil || got != test.brings || s.asked != test.asks {
			t.Errorf("%s: %v after %d questions, %v", name, got, s.asked, err)
		}
	}
}
