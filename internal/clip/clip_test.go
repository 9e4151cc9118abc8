package clip_test

import (
	"strings"
	"testing"

	"luahost/internal/clip"
)

func TestText(t *testing.T) {
	binary := strings.Repeat("\x80", 20)
	for _, test := range []struct {
		text    string
		most    int
		want    string
		counted string
	}{
		{"", 0, "", ""},
		{"four", 4, "four", "four"},
		{"fours", 4, "four…", "four… (1 bytes more)"},
		{"añb", 2, "a…", "a… (3 bytes more)"},
		{"añb", 3, "añ…", "añ… (1 bytes more)"},
		{"😀😀", 7, "😀…", "😀… (4 bytes more)"},
		{"é", 0, "…", "… (2 bytes more)"},
		{binary, 10, binary[:10] + "…", binary[:10] + "… (10 bytes more)"},
	} {
		if got := clip.Text(test.text, test.most); got != test.want {
			t.Errorf("Text(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
		if got := clip.Counted(test.text, test.most); got != test.counted {
			t.Errorf("Counted(%q, %d) = %q, want %q", test.text, test.most, got, test.counted)
		}
	}
	if got := clip.Beginning("añb", 2, 100); got != "a… (99 bytes more)" {
		t.Errorf("Beginning: %q", got)
	}
}
