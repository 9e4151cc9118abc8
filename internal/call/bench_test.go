package call_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/call"
	"luahost/internal/store"
)

// instant is a Telegram that does at once what it is asked, so that what is
// measured is the Book alone.
type instant struct{}

func (instant) Invoke(_ context.Context, in bin.Encoder, out bin.Decoder) error {
	if in, ok := in.(*tg.PhoneDiscardCallRequest); ok {
		action := &tg.MessageActionPhoneCall{CallID: in.Peer.ID}
		action.SetReason(in.Reason)
		out.(*tg.UpdatesBox).Updates = &tg.Updates{Updates: []tg.UpdateClass{
			ended(in.Peer.ID, in.Reason), &tg.UpdateNewMessage{Message: &tg.MessageService{Action: action}},
		}}
	}
	return nil
}

// BenchmarkCall is a call from its ring over a decision to its end.
func BenchmarkCall(b *testing.B) {
	b.Run("nothing kept", func(b *testing.B) { benchmark(b, nil) })
	b.Run("with log and trace", func(b *testing.B) {
		db, err := store.Open(store.Options{Path: filepath.Join(b.TempDir(), "luahost.db")})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		benchmark(b, db)
	})
}

func benchmark(b *testing.B, db *store.Store) {
	book := call.New(call.Options{Store: db, Event: func(*call.Call, string) {}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- book.Run(ctx) }()
	a := call.Account{Name: "home", User: 1, Invoker: instant{}}
	users := []tg.UserClass{&tg.User{ID: 2, FirstName: "Bob"}}
	var id int64
	b.ReportAllocs()
	for b.Loop() {
		id++
		c := book.Update(a, &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{ID: id, AccessHash: 1, AdminID: 2, ParticipantID: 1}}, users)
		if err := c.Decline(ctx, night, ""); err != nil {
			b.Fatal(err)
		}
		<-c.Over()
	}
	cancel()
	<-ended
}
