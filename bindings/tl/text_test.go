package tl_test

import (
	"strings"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"luahost/bindings/tl"
)

func TestText(t *testing.T) {
	m := tl.New(tl.Options{})
	peer := tg.InputPhoneCall{ID: 588516572874907240, AccessHash: 77123456}
	long := strings.Repeat("word ", 1000)
	for _, test := range []struct {
		object bin.Object
		want   string
	}{
		{&tg.PhoneDiscardCallRequest{Peer: peer, Reason: &tg.PhoneCallDiscardReasonBusy{}}, `{peer={id=588516572874907240}, duration=0, reason=busy}`},
		{
			&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerUser{UserID: 5, AccessHash: 77123456}, Message: "I'm asleep.", RandomID: 9, Silent: true},
			`{silent=true, peer=inputPeerUser{user_id=5}, message="I'm asleep."}`,
		},
		{&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerSelf{}, Message: "x"}, `{peer=self, message="x"}`},
		{
			&tg.PhoneAcceptCallRequest{Peer: peer, GB: make([]byte, 256), Protocol: tg.PhoneCallProtocol{MaxLayer: 92, LibraryVersions: []string{"8.0.0"}}},
			`{peer={id=588516572874907240}, g_b=<256 bytes>, protocol={min_layer=0, max_layer=92, library_versions=["8.0.0"]}}`,
		},
		{&tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}, &tg.InputUser{UserID: 1}, &tg.InputUser{UserID: 2}, &tg.InputUser{UserID: 3}, &tg.InputUser{UserID: 4}, &tg.InputUser{UserID: 5}}}, `{id=[self, inputUser{user_id=1}, inputUser{user_id=2}, inputUser{user_id=3}, inputUser{user_id=4}, … 1 more]}`},
		{&tg.ContactsResolvePhoneRequest{Phone: "+15550102"}, `{phone=…02}`},
		{&tg.AuthSignInRequest{PhoneNumber: "15550102", PhoneCodeHash: "77123456", PhoneCode: "77123456"}, `{phone_number=…02}`},
		{&tg.ContactsDeleteByPhonesRequest{Phones: []string{"+15550102", "15550103"}}, `{phones=<2 numbers>}`},
		{&tg.InputMediaContact{PhoneNumber: "15550102", FirstName: "Ann", Vcard: "TEL:+15550102"}, `inputMediaContact{phone_number=…02, first_name="Ann", last_name=""}`},
		{&tg.MessagesImportChatInviteRequest{Hash: "77123456"}, ``},
		{&tg.AuthRecoverPasswordRequest{Code: "77123456"}, ``},
		{&tg.AccountInvalidateSignInCodesRequest{Codes: []string{"77123"}}, ``},
		{&tg.AuthImportWebTokenAuthorizationRequest{APIID: 5, WebAuthToken: "77123456", APIHash: "77123456"}, `{api_id=5}`},
		{&tg.UpdatesGetStateRequest{}, ``},
		{&tg.User{ID: 5, FirstName: "Ann", Contact: true}, `user{contact=true, id=5, first_name="Ann"}`},
		{&tg.PhoneDiscardCallRequest{}, `{peer={id=0}, duration=0, reason=nil}`},
	} {
		if got := m.Text(test.object); got != test.want {
			t.Errorf("%T is\n%s\nwant\n%s", test.object, got, test.want)
		}
	}
	if got := m.Text(&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerSelf{}, Message: long}); len(got) > 1000 || strings.Contains(got, "\n") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// TestTextOfEveryConstructor writes an object of each kind in the layer: none of
// them may panic.
func TestTextOfEveryConstructor(t *testing.T) {
	m := tl.New(tl.Options{})
	for _, make := range tg.TypesConstructorMap() {
		m.Text(make())
	}
}

func BenchmarkText(b *testing.B) {
	m := tl.New(tl.Options{})
	request := &tg.PhoneDiscardCallRequest{Peer: tg.InputPhoneCall{ID: 588516572874907240}, Reason: &tg.PhoneCallDiscardReasonBusy{}}
	b.ReportAllocs()
	for b.Loop() {
		m.Text(request)
	}
}
