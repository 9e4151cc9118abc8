package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// printable keeps a text in its line, and a terminal from obeying it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
}

// cells is how many columns of a terminal the text takes: most of Chinese and
// emoji take two, what is put on top of another character none.
func cells(text string) (n int) {
	for _, r := range text {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit is the longest beginning of text that takes at most n cells.
func fit(text string, n int) string {
	for i, r := range text {
		if n -= cellsOf(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// cut shortens text to at most n cells.
func cut(text string, n int) string {
	if cells(text) > n {
		return fit(text, n-1) + "…"
	}
	return text
}

// pad cuts or fills text to n cells.
func pad(text string, n int) string {
	text = cut(text, n)
	return text + strings.Repeat(" ", max(0, n-cells(text)))
}

// keepEnd cuts text to n cells from the left: the end of a place is its line.
func keepEnd(text string, n int) string {
	if cells(text) <= n {
		return text
	}
	for i := range text {
		if cells(text[i:]) < n {
			return "…" + text[i:]
		}
	}
	return "…"
}

// wrap divides text into lines of at most n cells, between words where there are
// any.
func wrap(text string, n int) []string {
	var lines []string
	for cells(text) > n {
		line := fit(text, n)
		if line == "" { // not even one character
			break
		}
		if text[len(line)] != ' ' {
			if space := strings.LastIndexByte(line, ' '); space > 0 {
				line = line[:space]
			}
		}
		text = strings.TrimLeft(text[len(line):], " ")
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return append(lines, text)
}
