package log

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"luahost/internal/clip"
)

// TestJoined compares with all of the text, clipped, and wants it made without that.
func TestJoined(t *testing.T) {
	for _, words := range [][]string{
		{}, {""}, {"", ""}, {"a", "b"}, {"12345678"}, {"1234567", ""}, {"12345678", ""}, {"123456789"}, {"1234567", "9", "10"}, {"1234567é", "x"}, {"123456", "é", "é"},
	} {
		if got, want := joined(words, 8), clip.Counted(strings.Join(words, "\t"), 8); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
	words := slices.Repeat([]string{strings.Repeat("x", 1<<20)}, 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := joined(words, 8)
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; got != "xxxxxxxx… (1048576991 bytes more)" || made > 1<<20 {
		t.Errorf("%q, for which %d bytes were made", got, made)
	}
}
