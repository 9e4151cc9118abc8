package json

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a text in double quotes.
func (d *decoder) string() (string, error) {
	from := d.at + 1
	ascii := true
	for i := from; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			return d.plain(from, i, ascii)
		case c == '\\':
			return d.escaped(from, i)
		case c < ' ':
			return "", control(i, c)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	d.at = len(d.text)
	return "", d.wanted("the end of a string")
}

func control(at int, c byte) error {
	return &fault{at, fmt.Sprintf("the byte 0x%02x in a string: it is written \\u%04x", c, c)}
}

// plain gives a part of the text, as a copy, or all of the text would be kept
// with it.
func (d *decoder) plain(from, to int, ascii bool) (string, error) {
	s := d.text[from:to]
	if !ascii && !utf8.ValidString(s) {
		d.at = from + invalidAt(s)
		return "", d.wanted("UTF-8")
	}
	return strings.Clone(s), nil
}

// escaped reads a text from its first backslash on.
func (d *decoder) escaped(from, backslash int) (string, error) {
	var b strings.Builder
	begin := from
	for at := backslash; at < len(d.text); {
		switch c := d.text[at]; {
		case c == '"':
			b.WriteString(d.text[from:at])
			d.at = at + 1
			if s := b.String(); utf8.ValidString(s) {
				return s, nil
			}
			d.at = begin + invalidAt(d.text[begin:at])
			return "", d.wanted("UTF-8")
		case c == '\\':
			b.WriteString(d.text[from:at])
			r, n := d.escape(at + 1)
			if n == 0 {
				d.at = at
				return "", d.wanted(`one of \" \\ \/ \b \f \n \r \t \uXXXX`)
			}
			b.WriteRune(r)
			at += 1 + n
			from = at
		case c < ' ':
			return "", control(at, c)
		default:
			at++
		}
	}
	d.at = len(d.text)
	return "", d.wanted("the end of a string")
}

// escape reads what follows a backslash, and how long it is; 0 if it is none.
// Half of a pair of surrogates stands for no character and becomes U+FFFD.
func (d *decoder) escape(at int) (rune, int) {
	if at == len(d.text) {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, d.text[at]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 1
	}
	r, ok := d.unit(at)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 5
	}
	if at+5 < len(d.text) && d.text[at+5] == '\\' {
		if low, ok := d.unit(at + 6); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 11
			}
		}
	}
	return utf8.RuneError, 5
}

// unit reads uXXXX.
func (d *decoder) unit(at int) (rune, bool) {
	if at+5 > len(d.text) || d.text[at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(d.text[at+1:at+5], 16, 16)
	return rune(n), err == nil
}
