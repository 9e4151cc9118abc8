package simulator_test

import (
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// FuzzRequest sends anything as the bytes of a request: it is answered or refused,
// and the answer can be encoded.
func FuzzRequest(f *testing.F) {
	hash := make([]byte, 32)
	for _, in := range []bin.Encoder{
		&tg.InvokeWithLayerRequest{Layer: tg.Layer, Query: &tg.InitConnectionRequest{Params: &tg.JSONNull{}, Query: &tg.HelpGetConfigRequest{}}},
		&tg.PhoneRequestCallRequest{UserID: &tg.InputUser{UserID: 7_000_000_002}, GAHash: hash, Protocol: simulator.Protocol()},
		&tg.PhoneDiscardCallRequest{Reason: &tg.PhoneCallDiscardReasonBusy{}},
		&tg.PhoneSaveCallLogRequest{File: &tg.InputFile{Parts: 1 << 30}},
		&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerSelf{}, Message: "x", Entities: []tg.MessageEntityClass{&tg.MessageEntityBold{Length: 1}}},
		&tg.MessagesGetHistoryRequest{Peer: &tg.InputPeerSelf{}, AddOffset: -1 << 31, Limit: 1<<31 - 1},
		&tg.MessagesSearchRequest{Peer: &tg.InputPeerEmpty{}, Filter: &tg.InputMessagesFilterPhoneCalls{}, Limit: 10},
		&tg.AccountSetPrivacyRequest{Key: &tg.InputPrivacyKeyPhoneCall{}, Rules: []tg.InputPrivacyRuleClass{&tg.InputPrivacyValueAllowAll{}}},
		&tg.UpdatesGetDifferenceRequest{Pts: 1},
		&tg.UploadSaveFilePartRequest{Bytes: hash},
		&tg.ContactsImportContactsRequest{Contacts: []tg.InputPhoneContact{{Phone: "15550002"}}},
	} {
		var b bin.Buffer
		if err := in.Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Buf)
	}
	sim := simulator.New(simulator.Options{})
	for _, phone := range []string{"15550001", "15550002"} {
		if _, err := sim.AddUser(simulator.User{Phone: phone}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		client := sim.Login(7_000_000_001)
		defer client.LogOut()
		answer, err := client.Handle(t.Context(), &bin.Buffer{Buf: request})
		if err != nil {
			if refusal(err) == "" {
				t.Error("refused without a name")
			}
			return
		}
		if err := answer.Encode(new(bin.Buffer)); err != nil {
			t.Errorf("the answer cannot be encoded: %v", err)
		}
	})
}
