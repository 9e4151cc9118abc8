package json

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
)

// maxTables bounds the tables of a text. An object of one field takes some 700
// bytes of memory and may take seven of the text.
const maxTables = 1 << 16

// decoder reads one text.
type decoder struct {
	m      *module
	L      *lua.LState
	text   string
	at     int // what is read next
	values int
	tables int
	depth  int
	items  []lua.LValue // of the lists and objects that are being read
	names  []string     // of the objects among them
}

// fault is what is wrong at a place of the text.
type fault struct {
	at    int
	words string
}

func (f *fault) Error() string { return f.words }

// told makes of an error that of the error table.
func (d *decoder) told(err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return &tgerr.Error{Type: "TOO_LARGE", Message: err.Error()}
	}
	before := d.text[:f.at]
	line, start := 1+strings.Count(before, "\n"), 1+strings.LastIndexByte(before, '\n')
	column := 1 + utf8.RuneCountInString(before[start:])
	return &tgerr.Error{Type: "JSON_INVALID", Message: fmt.Sprintf("line %d, column %d: %s", line, column, f.words)}
}

// wanted is the fault of something else than was expected.
func (d *decoder) wanted(what string) error {
	got := "the end of the text"
	if d.at < len(d.text) {
		r, size := utf8.DecodeRuneInString(d.text[d.at:])
		if got = strconv.QuoteRune(r); r == utf8.RuneError && size == 1 {
			got = fmt.Sprintf("the byte 0x%02x", d.text[d.at])
		}
	}
	return &fault{d.at, "expected " + what + ", got " + got}
}

// whole reads all of the text.
func (d *decoder) whole() (lua.LValue, error) {
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	if d.next(); d.at < len(d.text) {
		return nil, d.wanted("the end of the text")
	}
	return v, nil
}

// next skips space and gives the byte that follows; 0 at the end, which has no
// place in JSON.
func (d *decoder) next() byte {
	for d.at < len(d.text) {
		switch c := d.text[d.at]; c {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return c
		}
	}
	return 0
}

func (d *decoder) value() (lua.LValue, error) {
	d.values++
	switch c := d.next(); c {
	case '"':
		s, err := d.string()
		return lua.LString(s), err
	case '{':
		return d.table((*decoder).object)
	case '[':
		return d.table((*decoder).list)
	case 't':
		return d.word("true", lua.LTrue)
	case 'f':
		return d.word("false", lua.LFalse)
	case 'n':
		return d.word("null", d.m.null)
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return d.number()
		}
		return nil, d.wanted("a value")
	}
}

func (d *decoder) word(word string, v lua.LValue) (lua.LValue, error) {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return nil, d.wanted("a value")
	}
	d.at += len(word)
	return v, nil
}

// number reads a number: a string of its digits where a float64 would lose some.
func (d *decoder) number() (lua.LValue, error) {
	whole, end := scanNumber(d.text, d.at)
	if end < 0 {
		for d.at++; d.at < len(d.text) && strings.IndexByte("0123456789.eE+-", d.text[d.at]) >= 0; d.at++ {
		}
		return nil, d.wanted("a number")
	}
	text := d.text[d.at:end]
	if whole && len(text) > 15 {
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n > maxExact || n < -maxExact {
			d.at = end
			return lua.LString(strings.Clone(text)), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, &fault{d.at, "the number is out of range"}
	}
	d.at = end
	return lua.LNumber(f), nil
}

// scanNumber finds the end of the number that begins at a place, -1 if there is
// none; whole says that it has neither fraction nor exponent.
func scanNumber(s string, at int) (whole bool, end int) {
	digits := func() bool {
		from := at
		for at < len(s) && '0' <= s[at] && s[at] <= '9' {
			at++
		}
		return at > from
	}
	is := func(chars string) bool { return at < len(s) && strings.IndexByte(chars, s[at]) >= 0 }
	if is("-") {
		at++
	}
	if is("0") {
		at++
	} else if !digits() {
		return false, -1
	}
	whole = true
	if is(".") {
		at, whole = at+1, false
		if !digits() {
			return false, -1
		}
	}
	if is("eE") {
		at, whole = at+1, false
		if is("+-") {
			at++
		}
		if !digits() {
			return false, -1
		}
	}
	return whole, at
}

// table reads a list or an object.
func (d *decoder) table(read func(*decoder) (*lua.LTable, error)) (lua.LValue, error) {
	if d.depth == maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if d.tables == maxTables {
		return nil, fmt.Errorf("more than %d lists and objects", maxTables)
	}
	d.depth, d.tables, d.values = d.depth+1, d.tables+1, d.values+tablePaid
	d.at++
	t, err := read(d)
	d.depth--
	return t, err
}

// list reads what follows a [.
func (d *decoder) list() (*lua.LTable, error) {
	base := len(d.items)
	for d.next() != ']' || len(d.items) > base {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		if len(d.items)-base == lua.MaxArrayIndex-1 {
			return nil, fmt.Errorf("a list of more than %d", lua.MaxArrayIndex-1)
		}
		d.items = append(d.items, v)
		if c := d.next(); c == ']' {
			break
		} else if c != ',' {
			return nil, d.wanted("',' or ']'")
		}
		d.at++
	}
	d.at++
	t := d.L.CreateTable(len(d.items)-base, 0)
	for _, v := range d.items[base:] {
		t.Append(v)
	}
	t.Metatable = d.m.list
	d.items = d.items[:base]
	return t, nil
}

// object reads what follows a {.
func (d *decoder) object() (*lua.LTable, error) {
	base, names := len(d.items), len(d.names)
	for d.next() != '}' || len(d.items) > base {
		if d.next() != '"' {
			return nil, d.wanted("a name in double quotes")
		}
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if d.next() != ':' {
			return nil, d.wanted("':'")
		}
		d.at++
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		d.items, d.names = append(d.items, v), append(d.names, name)
		if c := d.next(); c == '}' {
			break
		} else if c != ',' {
			return nil, d.wanted("',' or '}'")
		}
		d.at++
	}
	d.at++
	t := d.L.CreateTable(0, len(d.items)-base)
	for i, v := range d.items[base:] {
		t.RawSetString(d.names[names+i], v)
	}
	d.items, d.names = d.items[:base], d.names[:names]
	return t, nil
}
