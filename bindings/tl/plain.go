package tl

import (
	"reflect"
	"strings"
)

// A constructor without fields may be given as a string: its name, or what
// follows the name of its type (phoneCallDiscardReasonBusy is "busy").

// plain finds the member without fields that a script means by text.
func (c *class) plain(text string) *entry {
	if e := c.named(text); e != nil && e.fields == "" {
		return e
	}
	return nil
}

// named finds the member that has text as its name or its short name.
func (c *class) named(text string) *entry {
	for _, e := range c.members {
		if text != "" && (e.name == text || c.isShort(e, text)) {
			return e
		}
	}
	return nil
}

// isShort says whether text is the short name of e.
func (c *class) isShort(e *entry, text string) bool {
	n := len(c.name)
	return len(e.name) == n+len(text) &&
		isLower(text[0]) && e.name[n] == text[0]-'a'+'A' && e.name[n+1:] == text[1:] &&
		strings.EqualFold(e.name[:n], c.name)
}

// plainNames lists what may be given as a string: short names where there are.
func (c *class) plainNames() []string {
	var names []string
	for _, e := range c.members {
		if e.fields != "" {
			continue
		}
		name := e.name
		if n := len(c.name); len(name) > n {
			if short := strings.ToLower(name[n:n+1]) + name[n+1:]; c.isShort(e, short) {
				name = short
			}
		}
		names = append(names, name)
	}
	return names
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }

// share makes the objects of the members without fields, once. There is nothing
// in them to change, so that every request may hold the same one, and a value
// that already has the Go interface of the class, t, is cheap to store.
func (c *class) share(t reflect.Type) {
	if c.shared.Load() != nil {
		return
	}
	objects := map[*entry]reflect.Value{}
	for _, e := range c.members {
		if e.fields == "" {
			object := reflect.New(t).Elem()
			object.Set(reflect.ValueOf(e.newObject()))
			objects[e] = object
		}
	}
	c.shared.Store(&objects)
}

// object gives the object of a member without fields.
func (c *class) object(e *entry) reflect.Value {
	if objects := c.shared.Load(); objects != nil {
		return (*objects)[e]
	}
	return reflect.ValueOf(e.newObject())
}
