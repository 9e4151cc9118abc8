package tl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wrongName is the text about a string that makes no object of t's class.
func (t *typ) wrongName(text string) string {
	c := t.class
	if e := c.named(text); e != nil {
		return fmt.Sprintf("%s has fields, so it is given as a table, {_=%q, …}", quoted(text), e.name)
	}
	if near := suggestion(text, append(c.plainNames(), c.memberNames()...)); near != "" {
		return quoted(text) + " is not a constructor of " + c.name + near
	}
	return "expected " + t.expected() + ", got string " + quoted(text)
}

// wrongConstructor is the text about a table with a name in _ that the layer does
// not have.
func (r *reader) wrongConstructor(name string, c *class) string {
	text := quoted(name) + " is not a constructor of " + c.name
	if e := c.named(name); e != nil { // by its short name
		return text + suggestion(e.name, []string{e.name})
	}
	known := c.memberNames()
	for _, typeName := range c.form.tables() {
		known = append(known, r.schema.classes[typeName].memberNames()...)
	}
	if near := suggestion(name, known); near != "" {
		return text + near
	}
	return text + ", which has " + someOf(c.memberNames())
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
		return t.name + ", " + t.class.explain()
	case kindVector:
		return t.name + ", a table of them"
	}
	return t.name
}

// usual says whether a constructor makes a good example of its class.
func usual(e *entry) bool { return e.fields != "" && !strings.HasSuffix(e.name, "Empty") }

// explain says what a script may give for a type: the names of constructors
// without fields, or a table.
func (c *class) explain() string {
	names := c.plainNames()
	table := "a table"
	if i := slices.IndexFunc(c.members, usual); i >= 0 && len(c.members) > 1 {
		table += fmt.Sprintf(" such as {_=%q, …}", c.members[i].name)
	}
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	switch text := someOf(names); {
	case len(names) == 0:
		return table
	case len(names) == len(c.members) && len(names) > 1:
		return "one of " + text
	case len(names) == len(c.members):
		return text
	case len(names) > 1:
		return "one of " + text + " or " + table
	default:
		return text + " or " + table
	}
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
	r.path = append(r.path, step{name: short(name)})
	if near := suggestion(name, known); near != "" {
		return r.fault("unknown field%s", near)
	}
	return r.fault("unknown field, %s", p.has())
}

// has lists the fields, those first that have to be given.
func (p *plan) has() string {
	if len(p.fields) == 0 {
		return p.name + " has none"
	}
	var required, optional []string
	for i := range p.fields {
		if f := &p.fields[i]; f.mustBeGiven() {
			required = append(required, f.name)
		} else {
			optional = append(optional, f.name)
		}
	}
	return p.name + " has " + someOf(append(required, optional...))
}

// written is how a script calls a method: phone.discardCall{peer=…, duration=…}.
func (p *plan) written() string {
	var required []string
	for i := range p.fields {
		if f := &p.fields[i]; f.mustBeGiven() {
			required = append(required, f.name+"=…")
		}
	}
	return p.name + "{" + strings.Join(required, ", ") + "}"
}
