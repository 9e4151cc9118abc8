package tl

import (
	"context"
	"fmt"
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// What one conversion may take in, so that a script cannot make the host build
// what no server would accept.
const (
	maxDepth  = 64
	maxValues = 1 << 18
	maxBytes  = 1 << 20
)

// reader makes TL objects of Lua values. It reads tables raw, so that no code of
// the script runs meanwhile, and notes the peers that have to be looked up, which
// may block, for later.
type reader struct {
	ctx     context.Context // ends a long conversion as it ends Lua code; or nil
	schema  *schema
	peers   bool // whether looking up is possible
	path    []step
	values  int // taken in so far
	bytes   int
	lookups []lookup
}

func (r *reader) fault(format string, args ...any) *fault {
	return &fault{path: pathText(r.path), text: fmt.Sprintf(format, args...)}
}

// take counts values, and looks at the context once in a while: a table can stand
// for very many.
func (r *reader) take(n int) *fault {
	const between = 64
	before := r.values
	r.values += n
	if r.values > maxValues {
		return r.fault("more than %d values", maxValues)
	}
	if r.ctx == nil || before/between == r.values/between {
		return nil
	}
	select {
	case <-r.ctx.Done():
		return r.fault("interrupted: %v", r.ctx.Err())
	default:
		return nil
	}
}

// object fills dst, a struct of p's type, from the fields of tb.
func (r *reader) object(tb *lua.LTable, p *plan, dst reflect.Value) *fault {
	if len(r.path) > maxDepth {
		return r.fault("tables are nested more than %d deep", maxDepth)
	}
	var given fieldSet
	for key, v := tb.Next(lua.LNil); key != lua.LNil; key, v = tb.Next(key) {
		if fault := r.take(1); fault != nil {
			return fault
		}
		name, ok := key.(lua.LString)
		if !ok {
			return r.fault("[%s] is no field, %s", short(key.String()), p.has())
		}
		if name == "_" {
			continue
		}
		i, ok := p.byName[string(name)]
		if !ok {
			return r.unknownField(string(name), p)
		}
		set, fault := r.field(v, p, &p.fields[i], dst)
		if fault != nil {
			return fault
		}
		if set {
			given.add(i)
		}
	}
	return r.complete(p, given, dst)
}

// field sets one field of dst, and its bit if it has one. A flag that is false is
// as if it were left out.
func (r *reader) field(v lua.LValue, p *plan, f *field, dst reflect.Value) (set bool, _ *fault) {
	if f.typ.kind == kindTrue && v == lua.LFalse {
		return false, nil
	}
	r.path = append(r.path, step{name: f.name})
	if fault := r.value(v, &f.typ, dst.Field(f.index)); fault != nil {
		return false, fault.without(f.name, v)
	}
	r.path = r.path[:len(r.path)-1]
	if f.word >= 0 {
		word := dst.Field(p.words[f.word])
		word.SetUint(word.Uint() | 1<<f.bit)
	}
	return true, nil
}

// complete checks that all that is required is given, or draws it.
func (r *reader) complete(p *plan, given fieldSet, dst reflect.Value) *fault {
	for missing := p.required.minus(given); !missing.empty(); {
		i := missing.first()
		f := &p.fields[i]
		if !f.random {
			r.path = append(r.path, step{name: f.name})
			return r.fault("missing, expected %s", f.typ.expected())
		}
		p.drawRandom(f, dst)
		missing = missing.minus(only(i))
	}
	for _, group := range p.groups {
		part := group.and(given)
		if !part.empty() && part != group {
			return r.fault("give %s as well: it shares a flag with %s", p.fieldNames(group.minus(given)), p.fieldNames(part))
		}
	}
	return nil
}

// value sets dst to what v says, as a value of type t.
func (r *reader) value(v lua.LValue, t *typ, dst reflect.Value) *fault {
	wrong := ""
	switch t.kind {
	case kindTrue, kindBool:
		b, ok := v.(lua.LBool)
		if !ok {
			return r.fault("expected true or false, got %s", shown(v))
		}
		dst.SetBool(bool(b))
	case kindInt:
		var n int64
		n, wrong = readInt(v)
		dst.SetInt(n)
	case kindLong:
		var n int64
		n, wrong = readLong(v)
		dst.SetInt(n)
	case kindPeerID:
		var n int64
		n, wrong = readPeerID(v)
		dst.SetInt(n)
	case kindDouble:
		n, ok := v.(lua.LNumber)
		if !ok {
			return r.fault("expected double, got %s", shown(v))
		}
		dst.SetFloat(float64(n))
	case kindString, kindBytes, kindInt128, kindInt256:
		return r.text(v, t, dst)
	case kindVector:
		return r.vector(v, t, dst)
	default:
		return r.boxed(v, t, dst)
	}
	if wrong != "" {
		return r.fault("%s", wrong)
	}
	return nil
}

// text sets what is a string in Lua.
func (r *reader) text(v lua.LValue, t *typ, dst reflect.Value) *fault {
	s, ok := v.(lua.LString)
	if !ok {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	if r.bytes += len(s); r.bytes > maxBytes {
		return r.fault("more than %d bytes", maxBytes)
	}
	switch t.kind {
	case kindString:
		dst.SetString(string(s))
	case kindBytes:
		dst.SetBytes([]byte(s))
	default:
		if len(s) != dst.Len() {
			return r.fault("expected %s, got %d bytes", t.expected(), len(s))
		}
		reflect.Copy(dst, reflect.ValueOf([]byte(s)))
	}
	return nil
}

// vector sets a slice from a dense table.
func (r *reader) vector(v lua.LValue, t *typ, dst reflect.Value) *fault {
	tb, ok := v.(*lua.LTable)
	if !ok {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	if len(r.path) > maxDepth {
		return r.fault("tables are nested more than %d deep", maxDepth)
	}
	n := tb.Len()
	if fault := r.take(n); fault != nil {
		return fault
	}
	last := lua.LValue(lua.LNil)
	if n > 0 {
		last = lua.LNumber(n)
	}
	if stray, _ := tb.Next(last); stray != lua.LNil {
		return r.fault("expected %s, a table with 1, 2, 3… as keys, got the key %s", t.name, shown(stray))
	}
	items := reflect.MakeSlice(dst.Type(), n, n)
	for i := range n {
		r.path = append(r.path, step{index: i + 1})
		item := tb.RawGetInt(i + 1)
		if item == lua.LNil {
			return r.fault("nil, a hole in a %s of %d", t.name, n)
		}
		if fault := r.value(item, t.elem, items.Index(i)); fault != nil {
			return fault
		}
		r.path = r.path[:len(r.path)-1]
	}
	dst.Set(items)
	return nil
}

// boxed sets an object of a type that constructors make.
func (r *reader) boxed(v lua.LValue, t *typ, dst reflect.Value) *fault {
	c := t.class
	if held, ok := v.(*lua.LUserData); ok {
		return r.held(held, t, dst)
	}
	if c.form != formNone {
		if done, fault := r.shorthand(v, c, dst); done || fault != nil {
			return fault
		}
	}
	if text, ok := v.(lua.LString); ok {
		e := c.plain(string(text))
		if e == nil {
			return r.fault("%s", t.wrongName(string(text)))
		}
		if t.kind == kindClass {
			dst.Set(c.object(e))
		}
		return nil
	}
	tb, ok := v.(*lua.LTable)
	if !ok {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	e, fault := r.constructor(tb, t)
	if fault != nil {
		return fault
	}
	if t.kind == kindStruct {
		return r.object(tb, r.schema.plan(e), dst)
	}
	object := reflect.ValueOf(e.newObject())
	if fault := r.object(tb, r.schema.plan(e), object.Elem()); fault != nil {
		return fault
	}
	dst.Set(object)
	return nil
}

// held sets the object that a userdata stands for.
func (r *reader) held(v *lua.LUserData, t *typ, dst reflect.Value) *fault {
	object, ok := v.Value.(Object)
	if !ok {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	made, ok := object.TL().(typed)
	if !ok {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	if e := r.schema.ids[made.TypeID()]; e == nil || !t.class.has(e) {
		return r.fault("expected %s, got %s", t.expected(), shown(v))
	}
	if t.kind == kindStruct {
		dst.Set(reflect.ValueOf(made).Elem())
	} else {
		dst.Set(reflect.ValueOf(made))
	}
	return nil
}

// constructor says which member of t's class a table is.
func (r *reader) constructor(tb *lua.LTable, t *typ) (*entry, *fault) {
	c := t.class
	switch name := tb.RawGetString("_").(type) {
	case lua.LString:
		e := r.schema.names[string(name)]
		switch {
		case e == nil || e.method:
			return nil, r.fault("%s", r.wrongConstructor(string(name), c))
		case !c.has(e):
			return nil, r.fault("expected %s, got %s, which is of type %s", t.expected(), e.name, e.result)
		}
		return e, nil
	case *lua.LNilType:
		if e := c.single(); e != nil {
			return e, nil
		}
		return nil, r.fault("expected %s, a table with one of these in _: %s", c.name, someOf(c.memberNames()))
	default:
		return nil, r.fault("expected the name of a constructor of %s in _, got %s", c.name, shown(name))
	}
}
