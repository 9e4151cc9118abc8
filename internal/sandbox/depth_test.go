package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// What is nested without end is refused, before it overflows Go's stack, which
// no handler survives, or takes minutes to compile.
func TestNestingIsBounded(t *testing.T) {
	for name, form := range map[string]func(n int) string{
		"lengths":   func(n int) string { return "x = " + strings.Repeat("#", n) + "x" },
		"negations": func(n int) string { return "x = " + strings.Repeat("not ", n) + "x" },
		"powers":    func(n int) string { return "x = " + strings.Repeat("2^", n) + "2" },
		"sums":      func(n int) string { return "x = " + strings.Repeat("x+", n) + "x" },
		"fields":    func(n int) string { return "x = x" + strings.Repeat(".x", n) },
		"calls":     func(n int) string { return "f" + strings.Repeat("()", n) },
		"blocks":    func(n int) string { return strings.Repeat("do ", n) + strings.Repeat("end ", n) },
		"functions": func(n int) string { return strings.Repeat("local function f() ", n) + strings.Repeat("end ", n) },
		"branches":  func(n int) string { return "if x then" + strings.Repeat(" elseif x then", n) + " end" },
	} {
		if _, err := Compile("a.lua", form(150)); err != nil {
			t.Errorf("%s, 150 deep: %v", name, err)
		}
		_, err := Compile("a.lua", form(20_000))
		if want := fmt.Sprintf("a.lua:1: nested more than %d levels deep", maxSyntax); err == nil || err.Error() != want {
			t.Errorf("%s, without end: %v", name, err)
		}
	}
}
