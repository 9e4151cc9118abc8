package tl

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// Unknown is an answer that the layer cannot read: its constructor, or one
// within it, is of a newer layer.
type Unknown struct {
	ID  uint32
	Raw []byte // the answer as it came; nil for Updates, see output
}

// Encode implements bin.Encoder.
func (u *Unknown) Encode(b *bin.Buffer) error {
	b.Put(u.Raw)
	return nil
}

// Decode implements bin.Decoder. It takes all that there is.
func (u *Unknown) Decode(b *bin.Buffer) error {
	u.ID, _ = b.PeekID()
	u.Raw = b.Copy()
	b.Skip(len(u.Raw))
	return nil
}

// unknown is the table of what has no form in Lua.
func unknown(L *lua.LState, obj bin.Object, why error) *lua.LTable {
	tb := L.CreateTable(0, 3)
	tb.Metatable = vmOf(L).unknownMetatable(L)
	tb.RawSetString("_", lua.LString("unknown"))
	switch o := obj.(type) {
	case *Unknown:
		tb.RawSetString("id", lua.LNumber(o.ID))
		if o.Raw != nil {
			tb.RawSetString("raw", lua.LString(o.Raw))
		}
	case typed:
		tb.RawSetString("id", lua.LNumber(o.TypeID()))
	}
	if why != nil {
		tb.RawSetString("error", lua.LString(why.Error()))
	}
	return tb
}

// answer receives the result of a method and keeps what cannot be read.
type answer struct {
	schema *schema
	elem   string // of a vector, or ""
	object bin.Object
}

// Object is what was decoded, for an Invoker that looks into answers.
func (a *answer) Object() bin.Object { return a.object }

// Decode implements bin.Decoder.
func (a *answer) Decode(b *bin.Buffer) error {
	whole := *b
	object, err := a.decode(b)
	var unexpected *bin.UnexpectedIDErr
	if errors.As(err, &unexpected) {
		u := &Unknown{}
		object, err = u, u.Decode(&whole)
		u.ID = unexpected.ID
		*b = whole
	}
	a.object = object
	return err
}

func (a *answer) decode(b *bin.Buffer) (bin.Object, error) {
	var object bin.Object
	if a.elem != "" {
		object = newVector(a.elem)
	} else {
		id, err := b.PeekID()
		if err != nil {
			return nil, err
		}
		e := a.schema.ids[id]
		if e == nil || e.method {
			return nil, bin.NewUnexpectedID(id)
		}
		object = e.newObject()
	}
	if err := object.Decode(b); err != nil {
		return nil, fmt.Errorf("decode the answer: %w", err)
	}
	return object, nil
}

// output is what Invoker decodes the answer of a method into.
type output struct {
	bin.Decoder
	object func() bin.Object // what was decoded
}

// output makes the output of a method. Where gotd's update manager has to see an
// answer go by (hook.UpdateHook, hook.AffectedHook) it is gotd's own type, which
// does not keep the raw form of an unknown answer.
func (s *schema) output(e *entry) output {
	switch e.result {
	case "Updates":
		box := &tg.UpdatesBox{}
		return output{box, func() bin.Object { return objectOf(box.Updates) }}
	case "messages.AffectedMessages", "messages.AffectedHistory":
		object := s.classes[e.result].single().newObject()
		return output{object, func() bin.Object { return object }}
	}
	a := &answer{schema: s}
	if elem, ok := vectorOf(e.result); ok {
		a.elem = elem
	}
	return output{a, func() bin.Object { return a.object }}
}

// result gives the answer, after Invoker returned err.
func (o output) result(err error) (bin.Object, error) {
	var unexpected *bin.UnexpectedIDErr
	if errors.As(err, &unexpected) {
		return &Unknown{ID: unexpected.ID}, nil
	}
	if err != nil {
		return nil, err
	}
	object := o.object()
	if object == nil {
		return nil, errNoAnswer
	}
	return object, nil
}

// elemOf gives the type of the elements where a method answers a bare vector.
func (s *schema) elemOf(e *entry) *typ {
	name, ok := vectorOf(e.result)
	if !ok {
		return nil
	}
	elems := reflect.TypeOf(newVector(name)).Elem().Field(0).Type
	elem := s.typeOf(name, elems.Elem())
	return &elem
}

// objectOf keeps a nil interface nil.
func objectOf(u tg.UpdatesClass) bin.Object {
	if u == nil {
		return nil
	}
	return u
}
