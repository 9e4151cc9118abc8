// Package clip shortens texts that scripts and servers made, for lines that people
// read: errors, the log, the page. It knows nothing of where they end up.
package clip

import (
	"fmt"
	"unicode/utf8"
)

// Text is s up to most bytes, with "…" for what is left out.
func Text(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:whole(s, most)] + "…"
}

// Counted is Text that says how much is left out.
func Counted(s string, most int) string { return Beginning(s, most, len(s)) }

// Beginning is Counted for a text of length bytes of which s is as much as anybody
// made: all of it, or more than most.
func Beginning(s string, most, length int) string {
	if length <= most {
		return s
	}
	cut := whole(s, most)
	return fmt.Sprintf("%s… (%d bytes more)", s[:cut], length-cut)
}

// whole is where to cut so that no character is torn. What is no text anyway is cut at
// most.
func whole(s string, most int) int {
	for cut := most; cut > 0 && cut > most-utf8.UTFMax; cut-- {
		if utf8.RuneStart(s[cut]) {
			return cut
		}
	}
	return most
}
