package message_test

import (
	"os"
	"testing"

	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"luahost/bindings/message"
	"luahost/bindings/phonetest"
	"luahost/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMessage(t *testing.T) {
	source, err := os.ReadFile("testdata/message.lua")
	if err != nil {
		t.Fatal(err)
	}
	w := phonetest.New(t, phonetest.Evening, map[string]string{"message.lua": string(source)})
	bob := w.Person(simulator.User{FirstName: "Bob", Username: "bob_the_first"})
	w.Write(bob, "hello")
	w.Check(1)
	if got := w.Got(bob); len(got) != 1 || got[0] != "hello yourself" {
		t.Errorf("wrote %q", got)
	}
}

// What the account writes itself, and what is not private, is no message.
func TestIncoming(t *testing.T) {
	ann, self := &tg.User{ID: 5, FirstName: "Ann"}, &tg.User{ID: 1, Self: true}
	users := []tg.UserClass{self, ann}
	private := &tg.PeerUser{UserID: 5}
	for name, c := range map[string]struct {
		message tg.MessageClass
		from    *tg.User // nil: it is none
	}{
		"private":          {&tg.Message{ID: 3, PeerID: private}, ann},
		"by somebody else": {&tg.Message{ID: 3, PeerID: &tg.PeerUser{UserID: 6}}, &tg.User{ID: 6}},
		"our own":          {&tg.Message{ID: 3, Out: true, PeerID: private}, nil},
		"saved":            {&tg.Message{ID: 3, PeerID: &tg.PeerUser{UserID: 1}}, nil},
		"in a group":       {&tg.Message{ID: 3, PeerID: &tg.PeerChat{ChatID: 5}, FromID: private}, nil},
		"in a channel":     {&tg.Message{ID: 3, PeerID: &tg.PeerChannel{ChannelID: 5}}, nil},
		"of a call":        {&tg.MessageService{ID: 3, PeerID: private, Action: &tg.MessageActionPhoneCall{}}, nil},
		"empty":            {&tg.MessageEmpty{ID: 3}, nil},
	} {
		m, ok := message.Incoming("home", &tg.UpdateNewMessage{Message: c.message}, users)
		if ok != (c.from != nil) {
			t.Errorf("%s: %v", name, ok)
		}
		if ok && (m.From.ID != c.from.ID || m.From.FirstName != c.from.FirstName || m.Account != "home" || m.Message != c.message) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
