package manual

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/nearest"
)

// Bool reads true or false.
func Bool() Type {
	return simple("true or false", func(v lua.LValue) (bool, bool) {
		b, ok := v.(lua.LBool)
		return bool(b), ok
	})
}

// Number reads a number that counts: not a NaN, not infinite.
func Number() Type {
	return simple("a number", func(v lua.LValue) (float64, bool) {
		n, ok := v.(lua.LNumber)
		f := float64(n)
		return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
	})
}

// Whole reads an int from least to most.
func Whole(least, most int) Type {
	words := "a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
	return simple(words, func(v lua.LValue) (int, bool) {
		n, ok := v.(lua.LNumber)
		f := float64(n)
		return int(f), ok && f == math.Trunc(f) && f >= float64(least) && f <= float64(most)
	})
}

// Text reads a string that is not empty.
func Text(words string) Type {
	return simple(words, func(v lua.LValue) (string, bool) {
		s, ok := v.(lua.LString)
		return string(s), ok && s != ""
	})
}

// Function reads a *lua.LFunction.
func Function(words string) Type {
	return simple(words, func(v lua.LValue) (*lua.LFunction, bool) {
		fn, ok := v.(*lua.LFunction)
		return fn, ok
	})
}

// Duration reads a time.Duration that is not 0.
func Duration() Type {
	words := `a duration: seconds, or text such as "15m" or "1h30m"`
	return simple(words, func(v lua.LValue) (time.Duration, bool) {
		d, err := ReadDuration(v)
		return d, err == nil && d > 0
	})
}

func simple[T any](words string, read func(lua.LValue) (T, bool)) Type {
	return Type{Words: words, Read: func(v lua.LValue) (any, error) {
		t, ok := read(v)
		if !ok {
			return nil, Faultf("expected %s, got %s", words, Shown(v))
		}
		return t, nil
	}}
}

// OneOf reads one of some names, as a string.
func OneOf(names ...string) Type {
	words := Choice(names)
	return Type{Words: words, Read: func(v lua.LValue) (any, error) {
		s, ok := v.(lua.LString)
		if ok && slices.Contains(names, string(s)) {
			return string(s), nil
		}
		hint := ""
		if ok {
			hint = nearest.Hint(string(s), names)
		}
		return nil, Faultf("expected %s, got %s%s", words, Shown(v), hint)
	}}
}

// Account reads the name of an account, of which the configuration has these.
func Account(names ...string) Type {
	one := OneOf(names...)
	return Type{Words: one.Words, Read: func(v lua.LValue) (any, error) {
		name, err := one.Read(v)
		if err != nil {
			return nil, Faultf("%v: the configuration has no such account", err)
		}
		return name, nil
	}}
}

// Choice lists names for a sentence: "a", "b" or "c".
func Choice(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	if last := len(quoted) - 1; last > 0 {
		return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	}
	return strings.Join(quoted, "")
}

// ListOf reads a table 1, 2, 3… that is not empty, as the slice of what item
// reads. An item alone is a list of one, where alone says so.
func ListOf(words string, item Type, alone bool) Type {
	return Type{Words: words, Read: func(v lua.LValue) (any, error) {
		tb, ok := v.(*lua.LTable)
		if !ok && alone {
			value, err := item.Read(v)
			if err != nil {
				return nil, err
			}
			return []any{value}, nil
		}
		if !ok || tb.Len() == 0 || count(tb) != tb.Len() {
			return nil, Faultf("expected %s, got %s", words, list(tb, v))
		}
		values := make([]any, tb.Len())
		for i := range values {
			var err error
			if values[i], err = item.Read(tb.RawGetInt(i + 1)); err != nil {
				return nil, AtIndex(i+1, err)
			}
		}
		return values, nil
	}}
}

// list says what is wrong with a table that is no list.
func list(tb *lua.LTable, v lua.LValue) string {
	switch {
	case tb == nil:
		return Shown(v)
	case count(tb) == 0:
		return "an empty table"
	default:
		return "a table that is no list"
	}
}

func count(tb *lua.LTable) (n int) {
	tb.ForEach(func(lua.LValue, lua.LValue) { n++ })
	return n
}

// Table reads a table with the params as its fields, as Values.
func Table(words string, params Params) Type {
	return Type{Words: words, Fields: params, Read: func(v lua.LValue) (any, error) {
		tb, ok := v.(*lua.LTable)
		if !ok {
			return nil, Faultf("expected %s, got %s", words, Shown(v))
		}
		return params.Table(tb)
	}}
}

// Table reads the params by their names.
func (p Params) Table(tb *lua.LTable) (Values, error) {
	values := make(Values, len(p))
	known := p.Names()
	for key, _ := tb.Next(lua.LNil); key != lua.LNil; key, _ = tb.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			return nil, Faultf("expected fields by name (%s), got the key %s", strings.Join(known, ", "), Shown(key))
		}
		if !slices.Contains(known, string(name)) {
			return nil, Unknown("field", string(name), known)
		}
	}
	for _, param := range p {
		if err := param.read(tb.RawGetString(param.Name), values); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Digits gives a phone number without what people write between its digits. It
// is one only with 5 to 15 of them.
func Digits(phone string) (string, bool) {
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(phone)
	other := strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	return digits, !other && len(digits) >= 5 && len(digits) <= 15
}
