package event_test

import (
	"strings"
	"testing"

	"luahost/bindings/event"
)

func TestCheck(t *testing.T) {
	updates := []string{"updatePhoneCall", "updateNewMessage"}
	for name, want := range map[string]string{
		"call": "", "call.accepted": "", "call.active": "", "call.ended": "", "message": "", "updatePhoneCall": "",
		"updatePhoneCal":  `no event "updatePhoneCal" (did you mean "updatePhoneCall"?)`,
		"call.end":        `no event "call.end" (did you mean "call.ended"?)`,
		"mesage":          `no event "mesage" (did you mean "message"?)`,
		"timer.call-back": "", "timer.a_b.C9": "", "http.alert": "", "load": "", "unload": "",
		"timer.":   `no event "timer.": after "timer." comes a name of up to 64 letters, digits, ".", "_" and "-", such as "timer.call-back"`,
		"http.a b": `no event "http.a b": after "http." comes a name of up to 64 letters, digits, ".", "_" and "-", such as "http.call-back"`,
		"timer":    `no event "timer": there are`,
		"rule":     `no event "rule": there are "call", "call.accepted", "call.active", "call.ended", "message", "timer.NAME", "http.NAME", "load" or "unload" and every update of Telegram, such as "updateNewMessage"`,
	} {
		got := ""
		if err := event.Check(name, updates); err != nil {
			got = err.Error()
		}
		if got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for _, e := range append(event.Events(), event.Functions()...) {
		if e.Name == "" || e.Doc == "" || e.Example == "" {
			t.Errorf("%q is not described", e.Name)
		}
	}
}
