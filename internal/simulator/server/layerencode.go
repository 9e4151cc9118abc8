package server

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/gotd/td/bin"
)

// definition is a constructor as a layer has it.
type definition struct {
	id     uint32
	params []param

	plan func(object) ([]step, error) // made of the first object that needs it
}

// param is a parameter of a constructor, such as "phone:flags.4?string".
type param struct {
	name, kind string
	flags      string // which flags it depends on; "": it is always there
	bit        int
}

// object is what gotd generates for a constructor.
type object interface {
	bin.Encoder
	TypeName() string
}

// step is a param and the field of gotd's struct that fills it.
type step struct {
	param
	index int    // of the field; -1 if the newest layer has none that fits
	drop  uint32 // of flags: the bits that this layer does not know
}

func parseDefinition(line string) (name string, d *definition, err error) {
	head, _, ok := strings.Cut(line, " = ")
	words := strings.Fields(head)
	if !ok || len(words) == 0 {
		return "", nil, errors.New("not a definition")
	}
	name, hex, _ := strings.Cut(words[0], "#")
	id, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return "", nil, err
	}
	d = &definition{id: uint32(id)}
	for _, word := range words[1:] {
		p := param{}
		p.name, p.kind, _ = strings.Cut(word, ":")
		if condition, kind, ok := strings.Cut(p.kind, "?"); ok {
			flags, bit, _ := strings.Cut(condition, ".")
			if p.bit, err = strconv.Atoi(bit); err != nil {
				return "", nil, err
			}
			p.flags, p.kind = flags, kind
		}
		d.params = append(d.params, p)
	}
	var (
		once  sync.Once
		steps []step
	)
	d.plan = func(o object) ([]step, error) {
		once.Do(func() { steps, err = d.match(o) })
		return steps, err
	}
	return name, d, nil
}

// match finds the field for each param. A bit of the flags is good for both
// layers only if all that depends on it is in both.
func (d *definition) match(o object) ([]step, error) {
	t := reflect.TypeOf(o).Elem()
	// gotd writes g_a_hash as GAHash. Its TypeInfo knows both, at the price of a
	// megabyte, since it would be linked for every type there is.
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		fields[strings.ToLower(t.Field(i).Name)] = i
	}
	var (
		steps         []step
		known, absent = make(map[string]uint32), make(map[string]uint32)
	)
	for _, p := range d.params {
		s := step{param: p, index: -1}
		if index, ok := fields[strings.ReplaceAll(p.name, "_", "")]; ok && fits(p.kind, t.Field(index).Type) {
			s.index = index
		}
		switch {
		case p.flags == "" && s.index < 0:
			return nil, fmt.Errorf("%s has nothing for %s:%s", o.TypeName(), p.name, p.kind)
		case p.flags != "" && s.index < 0:
			absent[p.flags] |= 1 << p.bit
		case p.flags != "":
			known[p.flags] |= 1 << p.bit
		}
		steps = append(steps, s)
	}
	for i, s := range steps {
		if s.kind == "#" {
			steps[i].drop = ^(known[s.name] &^ absent[s.name])
		}
	}
	return steps, nil
}

// fits tells whether a field of gotd's can fill a param.
func fits(kind string, t reflect.Type) bool {
	if of, ok := strings.CutPrefix(kind, "Vector<"); ok {
		return t.Kind() == reflect.Slice && fits(strings.TrimSuffix(of, ">"), t.Elem())
	}
	switch kind {
	case "#":
		return t == reflect.TypeFor[bin.Fields]()
	case "int":
		return t.Kind() == reflect.Int
	case "long":
		return t.Kind() == reflect.Int64
	case "string":
		return t.Kind() == reflect.String
	case "bytes":
		return t == reflect.TypeFor[[]byte]()
	case "true", "Bool":
		return t.Kind() == reflect.Bool
	}
	return t.Kind() == reflect.Interface || t.Kind() == reflect.Struct
}

// encode writes an object as the layer has it. A nil layer is the newest.
func (l *layer) encode(b *bin.Buffer, e bin.Encoder) error {
	o, ok := e.(object)
	if l == nil || !ok {
		return e.Encode(b)
	}
	v := reflect.ValueOf(o).Elem()
	if o.TypeName() == "" { // a vector by itself
		return l.put(b, "Vector<"+">", v.Field(0))
	}
	d := l.definitions[o.TypeName()]
	if d == nil {
		return o.Encode(b)
	}
	steps, err := d.plan(o)
	if err != nil {
		return err
	}
	if o, ok := o.(interface{ SetFlags() }); ok {
		o.SetFlags()
	}
	b.PutID(d.id)
	flags := make(map[string]uint32, 2)
	for _, s := range steps {
		switch {
		case s.kind == "#":
			flags[s.name] = uint32(v.Field(s.index).Uint()) &^ s.drop
			b.PutUint32(flags[s.name])
		case s.kind == "true" || s.flags != "" && flags[s.flags]&(1<<s.bit) == 0:
		default:
			if err := l.put(b, s.kind, v.Field(s.index)); err != nil {
				return fmt.Errorf("encode %s of %s: %w", s.name, o.TypeName(), err)
			}
		}
	}
	return nil
}

// put writes one value. What fits has made sure of is not looked at again.
func (l *layer) put(b *bin.Buffer, kind string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Int:
		b.PutInt(int(v.Int()))
	case reflect.Int64:
		b.PutLong(v.Int())
	case reflect.String:
		b.PutString(v.String())
	case reflect.Bool:
		b.PutBool(v.Bool())
	case reflect.Struct:
		return l.encode(b, v.Addr().Interface().(bin.Encoder))
	case reflect.Interface:
		e, ok := v.Interface().(bin.Encoder)
		if !ok {
			return errors.New("the field is nil")
		}
		return l.encode(b, e)
	case reflect.Slice:
		if kind == "bytes" {
			b.PutBytes(v.Bytes())
			return nil
		}
		of := strings.TrimSuffix(strings.TrimPrefix(kind, "Vector<"), ">")
		b.PutVectorHeader(v.Len())
		for i := range v.Len() {
			if err := l.put(b, of, v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
