package server

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// in wraps a request as a client does that speaks a layer.
func in(layer int, query bin.Object) bin.Encoder {
	return &tg.InvokeWithLayerRequest{Layer: layer, Query: &tg.InitConnectionRequest{APIID: 1, Query: query}}
}

// layerOf gives an older layer as the server has it.
func layerOf(t testing.TB, number int) *layer {
	t.Helper()
	all, err := readLayers()
	if err != nil {
		t.Fatal(err)
	}
	l, err := all.spoken(number)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *layer) bytes(t testing.TB, e bin.Encoder) []byte {
	t.Helper()
	var b bin.Buffer
	if err := l.encode(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.Buf
}

func TestLayersThatAreSpoken(t *testing.T) {
	all, err := readLayers()
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[int]int{tg.Layer + 1: 0, tg.Layer: 0, 228: 227, 227: 227, 226: 198, 198: 198} {
		l, err := all.spoken(number)
		if err != nil || (l == nil) != (want == 0) || l != nil && l.number != want {
			t.Errorf("layer %d is answered in %+v (%v), want %d", number, l, err, want)
		}
	}
	for _, number := range []int{197, 1, -1} {
		if _, err := all.spoken(number); err == nil {
			t.Errorf("layer %d is served", number)
		}
	}
}

// TestEachClientIsAnsweredInItsLayer has three devices of one user at a time.
func TestEachClientIsAnsweredInItsLayer(t *testing.T) {
	d := pair(t, Options{})
	self := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	devices := map[uint32]*device{}
	for number, id := range map[int]uint32{tg.Layer: tg.UserTypeID, 227: 0x31774388, 198: 0x4b46c37e} {
		own := d.world.key()
		d.login(own, "15550002")
		e := d.device(own)
		devices[id] = e
		e.wantSelf(e.request(in(number, self)), id)
		e.reconnect() // it does not say its layer again
		e.wantSelf(e.request(self), id)
		e = d.device(own) // a session of its own
		e.wantSelf(e.request(self), id)
	}
	d.message("15550002")
	for id, e := range devices {
		m := e.await(tg.UpdatesTypeID, nil)
		var b bin.Buffer
		b.PutID(id)
		if !bytes.Contains(m.body, b.Buf) {
			t.Errorf("an update without a user of the constructor %#x", id)
		}
	}
}

// wantSelf awaits the answer to users.getUsers. A user has the same fields in all
// layers, but for some that are not used here.
func (d *device) wantSelf(of incoming, id uint32) {
	d.Helper()
	var r proto.Result
	for r.RequestMessageID != of.id { // what was not acknowledged comes again
		d.await(proto.ResultTypeID, &r)
	}
	var (
		b       = bin.Buffer{Buf: r.Result}
		u       tg.User
		n, err1 = b.VectorHeader()
		err2    = b.ConsumeID(id)
		err3    = u.DecodeBare(&b)
	)
	if err := errors.Join(err1, err2, err3); err != nil || n != 1 || b.Len() > 0 {
		d.Fatalf("%d users, %d bytes left, error %v", n, b.Len(), err)
	}
	if !u.Self || u.Phone != "15550002" || u.FirstName != "User 15550002" || u.AccessHash == 0 {
		d.Errorf("user %+v", u)
	}
}

func TestUnknownLayerIsRefused(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.device(w.key())
	var e mt.RPCError
	if err := e.Decode(&bin.Buffer{Buf: d.result(d.request(in(100, getConfig)))}); err != nil {
		t.Fatal(err)
	}
	if e.ErrorMessage != "CONNECTION_LAYER_INVALID" {
		t.Errorf("error %s", e.ErrorMessage)
	}
}

// TestFieldsThatALayerLacksAreLeftOut holds the bytes of objects against those
// that one writes down by hand.
func TestFieldsThatALayerLacksAreLeftOut(t *testing.T) {
	l := layerOf(t, 198)
	hand := func(write func(b *bin.Buffer)) []byte {
		var b bin.Buffer
		write(&b)
		return b.Buf
	}
	protocol := tg.PhoneCallProtocol{UDPP2P: true, MinLayer: 65, MaxLayer: 92}
	for _, tt := range []struct {
		name string
		is   bin.Encoder
		want []byte
	}{
		{"a call that a conference may follow", &tg.PhoneCall{
			P2PAllowed: true, ConferenceSupported: true, ID: 1, AccessHash: 2, Date: 3, AdminID: 4, ParticipantID: 5,
			GAOrB: []byte("g"), KeyFingerprint: 6, Protocol: protocol, StartDate: 7,
		}, hand(func(b *bin.Buffer) {
			b.PutID(0x3ba5940c)
			b.PutUint32(1 << 5) // and not 1<<8, which has another meaning there
			b.PutLong(1)
			b.PutLong(2)
			b.PutInt(3)
			b.PutLong(4)
			b.PutLong(5)
			b.PutBytes([]byte("g"))
			b.PutLong(6)
			b.Encode(&protocol)
			b.PutVectorHeader(0)
			b.PutInt(7)
		})},
		{"a move to a conference", &tg.PhoneCallDiscarded{
			ID: 1, Reason: &tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: "x"}, Duration: 2,
		}, hand(func(b *bin.Buffer) {
			b.PutID(0xf9d25503)
			b.PutUint32(3)
			b.PutLong(1)
			b.Encode(&tg.PhoneCallDiscardReasonHangup{})
			b.PutInt(2)
		})},
		{"topics", &tg.MessagesMessages{
			Messages: []tg.MessageClass{}, Topics: []tg.ForumTopicClass{}, Chats: []tg.ChatClass{}, Users: []tg.UserClass{},
		}, hand(func(b *bin.Buffer) {
			b.PutID(0x8c718e87)
			b.PutVectorHeader(0)
			b.PutVectorHeader(0)
			b.PutVectorHeader(0)
		})},
		{"an object within one that is not a class", &tg.UpdatePeerSettings{
			Peer: &tg.PeerUser{UserID: 1}, Settings: tg.PeerSettings{AddContact: true, RegistrationMonth: "01.2026"},
		}, hand(func(b *bin.Buffer) {
			b.PutID(tg.UpdatePeerSettingsTypeID)
			b.Encode(&tg.PeerUser{UserID: 1})
			b.PutID(0xacd66c5e)
			b.PutUint32(1 << 1)
		})},
		{"a field of another type", &tg.User{ID: 1, StoriesMaxID: tg.RecentStory{MaxID: 7}, FirstName: "A"}, hand(func(b *bin.Buffer) {
			b.PutID(0x4b46c37e)
			b.PutUint32(1 << 1)
			b.PutUint32(0)
			b.PutLong(1)
			b.PutString("A")
		})},
	} {
		if got := l.bytes(t, tt.is); !bytes.Equal(got, tt.want) {
			t.Errorf("%s:\n got %x\nwant %x", tt.name, got, tt.want)
		}
	}
}

func TestContainersAreWrittenAsGotdDoes(t *testing.T) {
	l := layerOf(t, 227)
	for _, e := range []bin.Encoder{
		&tg.Updates{Updates: []tg.UpdateClass{&tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallDiscarded{ID: 1}}}, Date: 1},
		&tg.UpdatesDifference{State: tg.UpdatesState{Pts: 3}},
		&tg.AuthAuthorization{User: &tg.UserEmpty{ID: 1}, TmpSessions: 2},
		&tg.UserClassVector{Elems: []tg.UserClass{&tg.UserEmpty{ID: 1}}},
		&tg.MessagesMessagesSlice{Count: 3},
		&tg.ContactsImportedContacts{RetryContacts: []int64{1, 2}},
		&tg.BoolTrue{},
	} {
		if got, want := l.bytes(t, e), encode(e); !bytes.Equal(got, want) {
			t.Errorf("%T:\n got %x\nwant %x", e, got, want)
		}
	}
}

func TestLayerIsKnownAfterARestart(t *testing.T) {
	d := pair(t, Options{})
	own := d.world.key()
	d.login(own, "15550002")
	self := &tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}}
	first := d.world.device(own)
	first.wantSelf(first.request(in(198, self)), 0x4b46c37e)
	keys := d.server.Keys()
	d.stop()

	w := newWorld(t, Options{Telegram: d.telegram, Keys: keys})
	again := w.device(own)
	again.wantSelf(again.request(self), 0x4b46c37e)
}
