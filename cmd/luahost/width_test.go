package main

import (
	"slices"
	"testing"
)

func TestWidths(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc": 3, "Öß": 2, "Боб": 3, "e\u0301": 1, "日本": 4, "👍": 2, "a\u200bb": 2, "…": 1, "한국": 4,
	} {
		if got := cells(text); got != want {
			t.Errorf("%q takes %d cells, want %d", text, got, want)
		}
	}
	for _, test := range []struct {
		text         string
		n            int
		padded, tail string
	}{
		{"abc", 5, "abc  ", "abc"},
		{"abc", 3, "abc", "abc"},
		{"abcd", 3, "ab…", "…cd"},
		{"日本語", 5, "日本…", "…本語"},
		{"日本語", 4, "日… ", "…語"},
		{"日本語", 6, "日本語", "日本語"},
		{"", 2, "  ", ""},
	} {
		if got := pad(test.text, test.n); got != test.padded {
			t.Errorf("pad(%q, %d) = %q, want %q", test.text, test.n, got, test.padded)
		}
		if got := keepEnd(test.text, test.n); got != test.tail {
			t.Errorf("keepEnd(%q, %d) = %q, want %q", test.text, test.n, got, test.tail)
		}
	}
	for _, test := range []struct {
		text string
		n    int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"onetwothree", 4, []string{"onet", "woth", "ree"}},
		{"one  two", 3, []string{"one", "two"}},
		{"日本語 日本", 6, []string{"日本語", "日本"}},
		{"日", 1, []string{"日"}},
		{"", 5, []string{""}},
	} {
		if got := wrap(test.text, test.n); !slices.Equal(got, test.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}
