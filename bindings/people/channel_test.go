package people_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/event"
	"luahost/bindings/people"
	"luahost/bindings/tl"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// news is a Telegram where @news is a channel, which the embedded one has not, and
// an answer about @odd leaves out whom it is about.
type news struct{}

func (news) Invoke(_ context.Context, in bin.Encoder, out bin.Decoder) error {
	request, ok := in.(*tg.ContactsResolveUsernameRequest)
	if !ok {
		return errors.New("asked for something else")
	}
	answer := &tg.ContactsResolvedPeer{Peer: &tg.PeerChannel{ChannelID: 5}, Chats: []tg.ChatClass{
		&tg.Channel{ID: 6, Title: "Other", Photo: &tg.ChatPhotoEmpty{}},
	}}
	if request.Username == "news" {
		answer.Chats = append(answer.Chats, &tg.Channel{ID: 5, Title: "News", Username: "news", Photo: &tg.ChatPhotoEmpty{}})
	}
	var b bin.Buffer
	if err := answer.Encode(&b); err != nil {
		return err
	}
	return out.Decode(&b)
}

func (news) Call(context.Context, int64) (int64, bool) { return 0, false }

func (news) Peer(context.Context, int64) (tg.InputPeerClass, bool) { return nil, false }

func (news) Username(context.Context, string) (tg.InputPeerClass, error) {
	return &tg.InputPeerChannel{ChannelID: 5, AccessHash: 6}, nil
}

func TestFindAChannel(t *testing.T) {
	telegram := tl.New(tl.Options{Invoker: news{}, Peers: news{}, Block: func(L *lua.LState, fn func(context.Context)) error {
		return script.RuntimeOf(L).Block(L, fn)
	}})
	s, err := scripttest.Source(t, "a.lua", `on("x", function()
		local found = assert(find("@news"))
		assert(found._ == "channel" and found.title == "News")
		local odd, err = find("@odd")
		assert(odd == nil and err.type == "PEER_ID_INVALID" and err.code == 0, tostring(err))
		local nobody, err = find(77)
		assert(nobody == nil and err.type == "PEER_ID_INVALID" and err.code == 0, tostring(err))
	end)`, script.Options{Open: func(rt *script.Runtime) {
		event.Open(rt)
		people.Open(rt, people.Options{Telegram: telegram})
		telegram.Open(rt.State())
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Check(t, "x")
}
