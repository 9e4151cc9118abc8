package tl

import (
	"strconv"
	"strings"
)

// choices ends the text about a string that is no member of c.
func choices(text string, c *class) string {
	names := c.plainNames()
	if near := suggestion(text, append(names, c.memberNames()...)); near != "" {
		return near
	}
	if len(names) == 0 {
		return ", which is given as a table"
	}
	return ", which is one of " + someOf(names) + " or a table"
}

// someOf lists names, but not without end.
func someOf(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + "…"
	}
	return strings.Join(names, ", ")
}

// expected is how error texts name a type.
func (t *typ) expected() string {
	switch t.kind {
	case kindLong:
		return "long, a decimal string"
	case kindPeerID:
		return "long, the id of a peer"
	case kindBytes:
		return "bytes, a string"
	case kindInt128:
		return "int128, a string of 16 bytes"
	case kindInt256:
		return "int256, a string of 32 bytes"
	case kindStruct, kindClass:
		if how := t.class.form.explain(); how != "" {
			return t.name + ", " + how
		}
	}
	return t.name
}

// fieldNames lists a set for an error text: "a", "b" and "c".
func (p *plan) fieldNames(set fieldSet) string {
	text := ""
	for left := set.len(); left > 0; left-- {
		i := set.first()
		switch {
		case text == "":
		case left == 1:
			text += " and "
		default:
			text += ", "
		}
		text += strconv.Quote(p.fields[i].name)
		set = set.minus(only(i))
	}
	return text
}

// unknownField names the nearest field, or else some that there are.
func (r *reader) unknownField(name string, p *plan) *fault {
	known := make([]string, len(p.fields))
	for i, f := range p.fields {
		known[i] = f.name
	}
	r.path = append(r.path, step{name: clip(name)})
	if near := suggestion(name, known); near != "" {
		return r.fault("unknown field%s", near)
	}
	if len(known) == 0 {
		return r.fault("unknown field, %s has none", p.name)
	}
	return r.fault("unknown field, %s has %s", p.name, someOf(known))
}
