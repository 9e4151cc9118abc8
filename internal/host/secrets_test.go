package host_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gotd/td/tg"
)

// TestLogKeepsSecrets has a script log all that it is given, requests go out and
// one be refused: no line of the log shows what opens a call, a chat or an account.
func TestLogKeepsSecrets(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{"talkative.lua": `
on("updatePhoneCall", function(update)
  local call = update.phone_call
  if call._ ~= "phoneCallRequested" then return end
  log.info("rings", {update=update, caller=users.getUsers{id={call.admin_id}}})
  assert(phone.discardCall{peer=call, duration=0, reason="busy", connection_id="0"})
  messages.sendMessage{peer=call.admin_id, message=""}
end)`})
	stranger := w.caller(t)
	r.decided(t, stranger, false)
	r.await(t, func() bool { return len(r.requests) >= 3 })
	for _, want := range []string{"msg=rings", "method=phone.discardCall", "MESSAGE_EMPTY"} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, r.log)
		}
	}

	secrets := map[string]string{"phone": "15550001", "hash of the api": "api_hash", "name of a field": "access_hash"}
	r.mu.Lock()
	for _, q := range r.requests {
		switch args := q.Args.(type) {
		case *tg.PhoneDiscardCallRequest:
			secrets["call's hash"] = strconv.FormatInt(args.Peer.AccessHash, 10)
		case *tg.MessagesSendMessageRequest:
			secrets["caller's hash"] = strconv.FormatInt(args.Peer.(*tg.InputPeerUser).AccessHash, 10)
		}
	}
	r.mu.Unlock()
	if len(secrets) != 5 {
		t.Fatalf("want the hash of the call and of the caller, got %d secrets", len(secrets))
	}
	for what, secret := range secrets {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log shows the %s:\n%s", what, r.log)
		}
	}
}
