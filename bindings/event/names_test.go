package event_test

import (
	"testing"

	"luahost/bindings/event"
)

func TestCheck(t *testing.T) {
	updates := []string{"updatePhoneCall", "updateNewMessage"}
	for name, want := range map[string]string{
		"call": "", "call.accepted": "", "call.active": "", "call.ended": "", "message": "", "updatePhoneCall": "",
		"updatePhoneCal": `no event "updatePhoneCal" (did you mean "updatePhoneCall"?)`,
		"call.end":       `no event "call.end" (did you mean "call.ended"?)`,
		"mesage":         `no event "mesage" (did you mean "message"?)`,
		"rule":           `no event "rule": there are "call", "call.accepted", "call.active", "call.ended" or "message" and every update of Telegram, such as "updateNewMessage"`,
	} {
		got := ""
		if err := event.Check(name, updates); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for _, e := range append(event.Events(), event.Functions()...) {
		if e.Name == "" || e.Doc == "" || e.Example == "" || len(e.Params) == 0 {
			t.Errorf("%q is not described", e.Name)
		}
	}
}
