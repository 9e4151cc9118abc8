package tl

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// A long name is cut between letters, and one with an emoji of several parts is
// text. What is not text is shown by its length.
func TestDescribeKeepsLetters(t *testing.T) {
	m, L := newModule(t, Options{})
	for name, want := range map[string]string{
		strings.Repeat("й", 60):       `"` + strings.Repeat("й", 24) + `…"`,
		"x" + strings.Repeat("й", 60): `"x` + strings.Repeat("й", 23) + `…"`,
		"a\u200db":                    `"a\u200db"`,
		"a\x00b":                      "<3 bytes>",
		"\xff":                        "<1 bytes>",
	} {
		got := L.ToStringMeta(m.ToLua(L, &tg.User{FirstName: name})).String()
		if want := "user{id=0, first_name=" + want + "}"; got != want {
			t.Errorf("%q is shown as %s, want %s", name, got, want)
		}
	}
	if text := short(strings.Repeat("\x80", 100)); len(text) > 60 || utf8.ValidString(text) {
		t.Errorf("bytes are cut to %q", text)
	}
}
