package pattern_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"luahost/internal/pattern"
)

// enough steps for all that is meant to end.
const enough = 4_000_000

// all finds what gmatch and gsub would, one match a string: where it is, and the
// captures.
func all(text, s string, from int) (found []string, err error) {
	p, err := pattern.Compile(text)
	if err != nil {
		return nil, err
	}
	var m pattern.Match
	steps := enough
	for from <= len(s) {
		ok, err := p.Find(s, from, &steps, &m)
		if err != nil || !ok {
			return found, err
		}
		line := fmt.Sprintf("%d-%d", m.Start, m.End)
		for _, c := range m.Captures() {
			if c.End == pattern.PositionOnly {
				line += fmt.Sprintf(" @%d", c.Start+1)
			} else {
				line += fmt.Sprintf(" %q", s[c.Start:c.End])
			}
		}
		found = append(found, line)
		from = max(m.End, m.Start+1)
		if p.Anchored() {
			break
		}
	}
	return found, nil
}

func TestFind(t *testing.T) {
	for _, test := range []struct{ pattern, s, want string }{
		{"", "ab", "0-0, 1-1, 2-2"},
		{"b", "abcb", "1-2, 3-4"},
		{"^b", "bb", "0-1"},
		{"^b", "ab", ""},
		{"b$", "bab", "2-3"},
		{"$", "ab", "2-2"},
		{"a$b", "a$b", "0-3"},
		{"^*", "*", "0-1"},
		{"a.c", "abc a\xffc a\nc", "0-3, 4-7, 8-11"},
		{"a*", "aab", "0-2, 2-2, 3-3"},
		{"a+", "aaba", "0-2, 3-4"},
		{"a-b", "aab", "0-3"},
		{"a?b", "aab", "1-3"},
		{"a**", "aa*", "0-3"},
		{"%w+", "ab, c1!", "0-2, 4-6"},
		{"%W", "a b", "1-2"},
		{"[%w_]+", "a_b c", "0-3, 4-5"},
		{"[^%s]+", "ab c", "0-2, 3-4"},
		{"[]]", "a]", "1-2"},
		{"[^]]", "]a", "1-2"},
		{"[a-]+", "b-a", "1-3"},
		{"[+--]+", "+,-.", "0-3"},
		{"%.", "a.b", "1-2"},
		{"(%w+)=(%w+)", "a=1 bc=23", `0-3 "a" "1", 4-9 "bc" "23"`},
		{"((a)(b))", "ab", `0-2 "ab" "a" "b"`},
		{"()a()", "ba", "1-2 @2 @3"},
		{"(a*(.)%w(%s*))", "aab  c", `0-5 "aab  " "a" "  "`},
		{"(.)%1", "abba", `1-3 "b"`},
		{"^(.-)%s*$", "ab \n", `0-4 "ab"`},
		{"%b()", "a(b(c)d)e(f", "1-8"},
		{"%b''", "'a''", "0-3"},
		{"%b()x", "(()x)x", "0-6"},
		{"\x00", "a\x00b", "1-2"},
		{"%z+", "a\x00\x00b", "1-3"},
		{"[\x00-\x1f]", "a\x01", "1-2"},
		{"(.-)x(.*)", "aaxbx", `0-5 "aa" "bx"`},
		{"(.*)x(.*)", "aaxbx", `0-5 "aaxb" ""`},
		{"é", "ée", "0-2"},
	} {
		found, err := all(test.pattern, test.s, 0)
		if got := strings.Join(found, ", "); err != nil || got != test.want {
			t.Errorf("%q in %q: %s, %v; not %s", test.pattern, test.s, got, err, test.want)
		}
	}
}

// Here gopher-lua is not Lua 5.1, which these results are of: it knows no %f,
// has - in a set make a range of a class or of another range, lets a pattern end
// in a %, takes a position or an open capture for text, and limits no captures.
func TestWhereStockIsNotLua(t *testing.T) {
	for _, test := range []struct{ pattern, s, want string }{
		{"%f[%w]%w+", "one, two", "0-3, 5-8"},
		{"%f[%D]", "ab1", "3-3"}, // NUL is before the first byte and behind the last
		{"%f[^%w]", "ab", "2-2"},
		{"[%a-z]+", "b-z", "0-3"},
		{"[a-z-9]+", "b-9", "0-3"},
		{"[a-%z]+", "az", "1-2"},
		{"()%1", "ab", ""},
	} {
		found, err := all(test.pattern, test.s, 0)
		if got := strings.Join(found, ", "); err != nil || got != test.want {
			t.Errorf("%q in %q: %s, %v; not %s", test.pattern, test.s, got, err, test.want)
		}
	}
}

func TestWrongPatterns(t *testing.T) {
	for text, want := range map[string]error{
		"%":      pattern.ErrEscape,
		"a%":     pattern.ErrEscape,
		"[a":     pattern.ErrSet,
		"[]":     pattern.ErrSet,
		"[^]":    pattern.ErrSet,
		"[a%":    pattern.ErrSet,
		"[a-":    pattern.ErrSet,
		"%f":     pattern.ErrFrontier,
		"%fa":    pattern.ErrFrontier,
		"%f[a":   pattern.ErrSet,
		"%b":     pattern.ErrBalance,
		"%b(":    pattern.ErrBalance,
		"(a":     pattern.ErrOpen,
		"a)":     pattern.ErrClose,
		"%0":     pattern.ErrReference,
		"%1":     pattern.ErrReference,
		"(%1)":   pattern.ErrReference,
		"(a)%2":  pattern.ErrReference,
		"((a%1)": pattern.ErrOpen,

		strings.Repeat("()", pattern.MaxCaptures+1): pattern.ErrCaptures,
	} {
		if _, err := all(text, "aa", 0); !errors.Is(err, want) {
			t.Errorf("%q: %v, not %v", text, err, want)
		}
	}
	// A wrong reference is an error once a match gets there, as in Lua.
	if found, err := all("b%1", "aa", 0); err != nil || found != nil {
		t.Errorf("not reached: %v, %v", found, err)
	}
	if _, err := pattern.Compile(strings.Repeat("()", pattern.MaxCaptures)); err != nil {
		t.Errorf("%d captures: %v", pattern.MaxCaptures, err)
	}
}

// The exact number of steps is enough, one less is not.
func TestStepsAreCounted(t *testing.T) {
	long := strings.Repeat("a", 1000)
	for _, text := range []string{"b", ".-b", "%a+%d", "(a*)(a*)b", "a?a?a?b", "^(a-)(a-)$", "%b()", "(a-)%1%1x", "[^b]*b", "%f[%d]"} {
		p, err := pattern.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		var m pattern.Match
		steps := 1 << 30
		found, err := p.Find(long, 0, &steps, &m)
		if err != nil {
			t.Fatal(err)
		}
		used := 1<<30 - steps
		if used < 100 {
			t.Errorf("%q looks at 1000 bytes in %d steps", text, used)
		}
		steps = used
		if again, err := p.Find(long, 0, &steps, &m); err != nil || again != found || steps != 0 {
			t.Errorf("%q with its %d steps: %v, %v, %d left", text, used, again, err, steps)
		}
		steps = used - 1
		if _, err := p.Find(long, 0, &steps, &m); !errors.Is(err, pattern.ErrSteps) || steps != 0 {
			t.Errorf("%q with one step less: %v, %d left", text, err, steps)
		}
	}
}

// What takes gopher-lua hours, or Go's whole stack, ends here.
func TestHostilePatterns(t *testing.T) {
	megabyte := strings.Repeat("a", 1<<20)
	for text, subject := range map[string]string{
		strings.Repeat("a*", 1000) + "b":                 megabyte,
		strings.Repeat("a-", 1000) + "b":                 megabyte,
		strings.Repeat("a?", 1000) + "b":                 megabyte,
		strings.Repeat(".", 32<<10) + "[bc]":             megabyte,
		"(.-)(.-)(.-)(.-)(.-)b":                          megabyte,
		"(a*)%1%1%1b":                                    megabyte,
		"%b()":                                           strings.Repeat("(", 1<<20),
		"%f[^a]b%f[a]" + strings.Repeat("%f[%z]", 10000): megabyte,
	} {
		p, err := pattern.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		steps := 100_000
		var m pattern.Match
		if found, err := p.Find(subject, 0, &steps, &m); found || err != nil && !errors.Is(err, pattern.ErrSteps) {
			t.Errorf("%.20q: %v, %v", text, found, err)
		}
	}
}

// Searches of a whole megabyte that scripts do need no more than the four million
// steps that are the default.
func TestUsualPatternsAreLinear(t *testing.T) {
	megabyte := strings.Repeat("some words = 12, ", (1<<20)/17)
	for _, text := range []string{".-#", "(.*)#", "%s*#", "(%w+)=(%w+)", "%w+#", "[^#]*#", "some words#", "%d+#", "(.-)%s#"} {
		if found, err := all(text, megabyte, 0); err != nil || found != nil {
			t.Errorf("%q: %v, %v", text, found, err)
		}
	}
}
