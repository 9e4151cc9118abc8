package main

import (
	"slices"
	"strings"
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

// Names that take two cells a letter move no column.
func TestColumnsOfWideNames(t *testing.T) {
	var out strings.Builder
	rows := [][]string{{"SCRIPT", "GENERATION", "HANDLES"}, {"夜👍.lua", "5f1f5e5d", "call"}, {"e\u0301.lua", "-", "a long cell at the end"}}
	if err := printColumns(&out, 0, " ", rows); err != nil {
		t.Fatal(err)
	}
	if want := " SCRIPT    GENERATION  HANDLES\n 夜👍.lua  5f1f5e5d    call\n e\u0301.lua     -           a long cell at the end\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestColumnsOfANarrowTerminal(t *testing.T) {
	for _, test := range []struct {
		room         int
		widths, want []int
	}{
		{0, []int{70, 10, 30}, []int{70, 10, 30}},
		{-3, []int{70, 10, 30}, []int{70, 10, 30}},
		{114, []int{70, 10, 30}, []int{70, 10, 30}},
		{80, []int{70, 10, 30}, []int{36, 10, 30}},
		{60, []int{70, 10, 30}, []int{23, 10, 23}},
		{20, []int{70, 10, 30}, []int{12, 10, 12}},
	} {
		got := slices.Clone(test.widths)
		if narrowTo(got, test.room); !slices.Equal(got, test.want) {
			t.Errorf("%v in %d cells: %v, want %v", test.widths, test.room, got, test.want)
		}
	}
}
