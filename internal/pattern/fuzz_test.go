package pattern_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/pm"

	"luahost/internal/pattern"
)

// The same for patterns that are made of what patterns are made of.
func TestPatternsEqualStock(t *testing.T) {
	parts := []string{
		"a", "b", "1", ".", "%a", "%w", "%S", "%D", "%.", "[ab]", "[^a]", "[a-c1]", "[%s)]", "*", "+", "-", "?", "*", "+", "-", "?",
		"(", ")", "(", ")", "()", "%1", "%2", "^", "$", "%b()", "%bab", "%(", "]",
	}
	random := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 30_000 {
		var text, s strings.Builder
		for range 1 + random.IntN(9) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		for range random.IntN(16) {
			s.WriteByte("aab1() .\xff"[random.IntN(9)])
		}
		if from := random.IntN(s.Len() + 1); repetitions(text.String()) <= 4 {
			matched += compare(t, text.String(), s.String(), from)
		}
	}
	if matched < 2000 {
		t.Errorf("only %d of the patterns found something", matched)
	}
}

// FuzzPattern compares what is found with what gopher-lua's matcher finds,
// wherever that one is Lua 5.1 and ends.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"a*", "aab"},
		{"(a-)b%1", "aba"},
		{"%b()", "(())"},
		{"^[%w_]+$", "a_1"},
		{"[^a-c]", "abcd"},
		{"((.)(.))%2", "aba"},
		{"()a()", "ba"},
		{"a?a?b", "aab"},
		{"%s*(.-)%s*$", " a "},
		{"[]a]+", "]a"},
		{".-.-x", "aaax"},
		{"(.*)(%d+)", "ab12"},
		{"%w+%W", "ab c"},
		{"$$", "a$"},
		{"-a", "-a"},
		{"%%", "%"},
		{"x.-y", "axbyxy"},
		{"(%w-)(%w*)1", "ab1"},
		{"", "\x00\xff"},
	} {
		f.Add(seed[0], seed[1], 0)
	}
	f.Fuzz(func(t *testing.T, text, s string, from int) {
		if len(text) > 24 || len(s) > 40 || repetitions(text) > 4 {
			t.Skip("gopher-lua may not end")
		}
		compare(t, text, s, max(0, from%(len(s)+1)))
	})
}

// compare says how many matches there are.
func compare(t *testing.T, text, s string, from int) int {
	t.Helper()
	got, err := all(text, s, from)
	if errors.Is(err, pattern.ErrSteps) {
		t.Fatalf("%q in %q: %v", text, s, err)
	}
	if notLua(text) {
		return 0
	}
	want, stockErr := stock(text, s, from)
	if (err == nil) != (stockErr == nil) {
		t.Fatalf("%q in %q from %d: %v, stock %v", text, s, from, err, stockErr)
	}
	if err == nil && !slices.Equal(got, want) {
		t.Fatalf("%q in %q from %d: %v, stock %v", text, s, from, got, want)
	}
	return min(len(want), 1)
}

func repetitions(text string) int {
	n := 0
	for _, c := range []string{"*", "+", "-", "?"} {
		n += strings.Count(text, c)
	}
	return n
}

// stock is all by gopher-lua's matcher.
func stock(text, s string, from int) (found []string, err error) {
	matches, err := pm.Find(text, []byte(s), from, -1)
	for _, m := range matches {
		line := fmt.Sprintf("%d-%d", m.Capture(0), m.Capture(1))
		for i := 2; i < m.CaptureLength(); i += 2 {
			if m.IsPosCapture(i) {
				line += fmt.Sprintf(" @%d", m.Capture(i))
			} else {
				line += fmt.Sprintf(" %q", s[m.Capture(i):m.Capture(i+1)])
			}
		}
		found = append(found, line)
	}
	return found, err
}

// notLua says whether gopher-lua reads a pattern in another way than Lua 5.1:
// TestWhereStockIsNotLua has what is right instead.
func notLua(text string) bool {
	var open, closed []bool // of each capture: is it open; was it text that was closed
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(':
			position := strings.HasPrefix(text[i:], "()")
			open, closed = append(open, !position), append(closed, false)
			if position {
				i++
			}
		case c == ')':
			for n := len(open) - 1; n >= 0; n-- {
				if open[n] {
					open[n], closed[n] = false, true
					break
				}
			}
		case c == '[':
			behind, odd := stockSet(text, i)
			if odd {
				return true
			}
			i = behind - 1
		case c == '%' && i+1 == len(text):
			return true
		case c == '%':
			i++
			switch c := text[i]; {
			case c == 'f':
				return true
			case c == 'b' && i+2 >= len(text):
				return true
			case c == 'b':
				i += 2
			case '1' <= c && c <= '9' && int(c-'1') < len(closed) && !closed[c-'1']:
				return true
			}
		}
	}
	return len(open) > pattern.MaxCaptures
}

// stockSet reads a set from its [ on, and says where it ends and whether
// gopher-lua makes another range of one of its - than Lua does.
func stockSet(text string, i int) (behind int, odd bool) {
	i++
	if i < len(text) && text[i] == '^' {
		i++
	}
	for first := true; i < len(text); first = false {
		switch c := text[i]; {
		case c == ']' && !first:
			return i + 1, odd
		case c == '%':
			i += 2
			odd = odd || i < len(text) && text[i] == '-' && !strings.HasPrefix(text[i:], "-]")
		case i+2 < len(text) && text[i+1] == '-' && text[i+2] != ']':
			odd = odd || text[i+2] == '%' || text[i+2] == '-'
			i += 3
			odd = odd || i < len(text) && text[i] == '-' && !strings.HasPrefix(text[i:], "-]")
		default:
			i++
		}
	}
	return i, odd
}
