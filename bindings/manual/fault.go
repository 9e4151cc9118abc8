package manual

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
	"luahost/internal/nearest"
)

// Fault is a script's mistake in what it gave, for the binding to raise at the
// script's line.
type Fault struct {
	Path string // when.any[2].days, or "" for the whole
	Text string
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Path == "" {
		return f.Text
	}
	return f.Path + ": " + f.Text
}

// Faultf makes a Fault of the whole.
func Faultf(format string, args ...any) *Fault {
	return &Fault{Text: fmt.Sprintf(format, args...)}
}

// At makes of a fault in a part that of the whole, which has the part by name.
func At(name string, err error) error {
	var f *Fault
	switch {
	case !errors.As(err, &f):
		return fmt.Errorf("%s: %w", name, err)
	case f.Path == "":
		return &Fault{Path: name, Text: f.Text}
	case strings.HasPrefix(f.Path, "["):
		return &Fault{Path: name + f.Path, Text: f.Text}
	default:
		return &Fault{Path: name + "." + f.Path, Text: f.Text}
	}
}

// AtIndex is At for an element of a list.
func AtIndex(i int, err error) error {
	return At("["+strconv.Itoa(i)+"]", err)
}

// Unknown is the fault of a name that does not exist, with the nearest one that
// does or else some of them.
func Unknown(what, name string, known []string) *Fault {
	text := "unknown " + what
	if hint := nearest.Hint(name, known); hint != "" {
		text += hint
	} else {
		text += ", there are " + strings.Join(known, ", ")
	}
	return &Fault{Path: short(name), Text: text}
}

// Shown gives a value as an error text shows it: its type and, when that is
// short and tells something, the value.
func Shown(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return "string " + strconv.Quote(short(string(v)))
	case lua.LNumber:
		return "number " + v.String()
	case lua.LBool:
		return "boolean " + v.String()
	case *lua.LTable:
		if name, ok := v.RawGetString("_").(lua.LString); ok {
			return "table " + short(string(name))
		}
	}
	return v.Type().String()
}

// ShownPerson is Shown where a phone number may stand, of which it shows two
// digits: what is raised is logged.
func ShownPerson(v lua.LValue) string {
	text, _ := v.(lua.LString)
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, string(text))
	if len(digits) < 5 {
		return Shown(v)
	}
	return `string "…` + digits[len(digits)-2:] + `"`
}

// HintPerson is the end of a sentence about somebody who is named in another way than
// expected: as digits alone, or by what would be a name with @ before it. meant are other
// words for somebody.
func HintPerson(v lua.LString, isName bool, meant ...string) string {
	switch {
	case AllDigits(string(v)):
		return " (an id is a number, a phone begins with +)"
	case isName && ShownPerson(v) == Shown(v): // which is no phone
		return nearest.Hint(string(v), append(meant, "@"+string(v)))
	}
	return ""
}

// short bounds what a script's own strings put into an error text.
func short(s string) string { return clip.Text(s, 48) }
