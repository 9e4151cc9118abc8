package server

import (
	"bytes"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

func TestRequestsOfAnOlderLayer(t *testing.T) {
	l := layerOf(t, 198)
	for _, tt := range []struct {
		name string
		is   func(b *bin.Buffer)
		want bin.Encoder // nil: it is refused
	}{
		{"phone.requestCall", func(b *bin.Buffer) {
			b.PutID(0xa6c4600c)
			b.PutUint32(1)
			b.Encode(&tg.InputUserSelf{})
			b.PutInt(7)
			b.PutBytes([]byte("hash"))
			b.Encode(&tg.PhoneCallProtocol{MinLayer: 65})
		}, &tg.PhoneRequestCallRequest{
			Video: true, UserID: &tg.InputUserSelf{}, RandomID: 7, GAHash: []byte("hash"), Protocol: tg.PhoneCallProtocol{MinLayer: 65},
		}},
		{"phone.requestCall of a conference", func(b *bin.Buffer) {
			b.PutID(0xa6c4600c)
			b.PutUint32(2)
			b.Encode(&tg.InputUserSelf{})
			b.Encode(&tg.InputGroupCall{ID: 1})
			b.PutInt(7)
			b.PutBytes([]byte("hash"))
			b.Encode(&tg.PhoneCallProtocol{MinLayer: 65})
		}, nil},
		{"contacts.addContact", func(b *bin.Buffer) {
			b.PutID(0xe8f463d0)
			b.PutUint32(1)
			b.Encode(&tg.InputUserSelf{})
			b.PutString("A")
			b.PutString("B")
			b.PutString("")
		}, &tg.ContactsAddContactRequest{
			AddPhonePrivacyException: true, ID: &tg.InputUserSelf{}, FirstName: "A", LastName: "B",
		}},
		{"contacts.importContacts", func(b *bin.Buffer) {
			b.PutID(tg.ContactsImportContactsRequestTypeID)
			b.PutVectorHeader(1)
			b.PutID(0xf392b7f4)
			b.PutLong(9)
			b.PutString("15550001")
			b.PutString("A")
			b.PutString("B")
		}, &tg.ContactsImportContactsRequest{Contacts: []tg.InputPhoneContact{
			{ClientID: 9, Phone: "15550001", FirstName: "A", LastName: "B"},
		}}},
		{"contacts.importContacts of garbage", func(b *bin.Buffer) {
			b.PutID(tg.ContactsImportContactsRequestTypeID)
			b.PutVectorHeader(1 << 30)
		}, nil},
		{"messages.sendMessage", func(b *bin.Buffer) {
			b.PutID(0x983f9745)
			b.PutUint32(1 << 5)
			b.Encode(&tg.InputPeerSelf{})
			b.PutString("hi")
			b.PutLong(3)
		}, &tg.MessagesSendMessageRequest{Silent: true, Peer: &tg.InputPeerSelf{}, Message: "hi", RandomID: 3}},
		{"messages.sendMessage as a reply", func(b *bin.Buffer) {
			b.PutID(0x983f9745)
			b.PutUint32(1)
			b.Encode(&tg.InputPeerSelf{})
			b.PutID(0x22c0f6d5)
			b.PutUint32(1 << 2)
			b.PutInt(5)
			b.PutString("quoted")
			b.PutString("hi")
			b.PutLong(3)
		}, &tg.MessagesSendMessageRequest{
			Peer: &tg.InputPeerSelf{}, Message: "hi", RandomID: 3,
			ReplyTo: &tg.InputReplyToMessage{ReplyToMsgID: 5, QuoteText: "quoted"},
		}},
		{"a method that has not changed", func(b *bin.Buffer) {
			b.Encode(&tg.ContactsResolvePhoneRequest{Phone: "1"})
		}, &tg.ContactsResolvePhoneRequest{Phone: "1"}},
	} {
		var b bin.Buffer
		tt.is(&b)
		err := l.renew(&b)
		switch {
		case tt.want == nil && err == nil:
			t.Errorf("%s is not refused", tt.name)
		case tt.want != nil && (err != nil || !bytes.Equal(b.Buf, encode(tt.want))):
			t.Errorf("%s: error %v\n got %x\nwant %x", tt.name, err, b.Buf, encode(tt.want))
		}
	}
}

func TestOlderRequestIsCarriedOut(t *testing.T) {
	d := pair(t, Options{})
	var b bin.Buffer
	b.PutID(tg.ContactsImportContactsRequestTypeID)
	b.PutVectorHeader(1)
	b.PutID(0xf392b7f4)
	b.PutLong(9)
	b.PutString("15550002")
	b.PutString("A")
	b.PutString("B")
	d.wantResult(d.request(in(198, raw(b.Buf))), tg.ContactsImportedContactsTypeID)
	if got := d.refused(d.request(in(tg.Layer, raw(b.Buf)))); got != "INPUT_FETCH_ERROR" {
		t.Errorf("in the newest layer: %s", got)
	}
}
