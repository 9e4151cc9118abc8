package main

import (
	"strings"
	"unicode"
)

// printable keeps a text in its line, and a terminal from obeying it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// pad cuts or fills text to width, counted in characters.
func pad(text string, width int) string {
	runes := []rune(text)
	if len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text + strings.Repeat(" ", width-len(runes))
}

// keepEnd cuts text to width from the left: the end of a place is its line.
func keepEnd(text string, width int) string {
	runes := []rune(text)
	if len(runes) > width {
		return "…" + string(runes[len(runes)-width+1:])
	}
	return text
}

// wrap divides text into lines of at most width characters, between words where
// there are any.
func wrap(text string, width int) []string {
	var lines []string
	rest := []rune(text)
	for len(rest) > width {
		cut := width
		for cut > 0 && rest[cut] != ' ' {
			cut--
		}
		if cut == 0 {
			cut = width
		}
		lines = append(lines, strings.TrimRight(string(rest[:cut]), " "))
		rest = []rune(strings.TrimLeft(string(rest[cut:]), " "))
	}
	return append(lines, string(rest))
}
