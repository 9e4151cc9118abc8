package tl

import (
	"fmt"
	"math/bits"
	"reflect"
	"strconv"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// writer makes Lua values of TL objects. It only reads the objects, so that
// several VMs can convert the same one at once; that is why presence is read from
// the flags and the values, and SetFlags is not called.
type writer struct {
	L      *lua.LState
	schema *schema
	vm     *vm
}

// typed is what every generated type of gotd has.
type typed interface {
	bin.Object
	TypeID() uint32
	TypeName() string
}

// ToLua gives what a script sees of a TL object: a table, a copy, or for a Bool
// true or false. An object that is not of the layer, or that has no form in Lua,
// becomes {_="unknown"}. L's VM must be locked; obj is only read.
func (m *Module) ToLua(L *lua.LState, obj bin.Object) lua.LValue {
	v, err := m.toLua(L, obj, nil)
	if err != nil {
		return unknown(L, obj, err)
	}
	return v
}

// toLua converts obj. elem is the type of a vector's elements, where obj is one.
func (m *Module) toLua(L *lua.LState, obj bin.Object, elem *typ) (lua.LValue, error) {
	w := writer{L: L, schema: m.schema, vm: vmOf(L)}
	switch o := obj.(type) {
	case nil:
		return lua.LNil, nil
	case *tg.UpdatesBox:
		return w.object(reflect.ValueOf(o.Updates))
	case *Unknown:
		return unknown(L, o, nil), nil
	}
	v := reflect.ValueOf(obj)
	if elem != nil && v.Kind() == reflect.Pointer && !v.IsNil() {
		return w.vector(v.Elem().Field(0), elem)
	}
	return w.object(v)
}

// object converts a pointer to one of gotd's structs. A nil one is nil.
func (w *writer) object(v reflect.Value) (lua.LValue, error) {
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return lua.LNil, nil
	}
	o, ok := v.Interface().(typed)
	if !ok {
		return nil, fmt.Errorf("%s is not of the layer", v.Type())
	}
	e := w.schema.ids[o.TypeID()]
	if e == nil || v.Kind() != reflect.Pointer {
		return nil, fmt.Errorf("%s is not of the layer", v.Type())
	}
	switch o.(type) {
	case *tg.BoolTrue:
		return lua.LTrue, nil
	case *tg.BoolFalse:
		return lua.LFalse, nil
	}
	return w.fields(v.Elem(), w.schema.plan(e))
}

// fields converts a struct.
func (w *writer) fields(v reflect.Value, p *plan) (lua.LValue, error) {
	if v.Type() != p.goType {
		return nil, fmt.Errorf("%s is not of the layer", v.Type())
	}
	var words [maxWords]uint64
	size := 1 + p.required.len()
	for i, index := range p.words {
		words[i] = v.Field(index).Uint()
		size += bits.OnesCount64(words[i])
	}
	tb := w.L.CreateTable(0, size)
	tb.Metatable = w.vm.metatable(w.L, p)
	tb.RawSetString("_", p.value)
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index)
		if f.word >= 0 && words[f.word]&(1<<f.bit) == 0 && fv.IsZero() {
			continue
		}
		lv, err := w.value(fv, &f.typ)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", p.name, f.name, err)
		}
		tb.RawSetString(f.name, lv)
	}
	return tb, nil
}

// value converts a field or an element.
func (w *writer) value(v reflect.Value, t *typ) (lua.LValue, error) {
	switch t.kind {
	case kindTrue:
		return lua.LTrue, nil
	case kindBool:
		return lua.LBool(v.Bool()), nil
	case kindInt:
		return lua.LNumber(v.Int()), nil
	case kindLong:
		return lua.LString(strconv.FormatInt(v.Int(), 10)), nil
	case kindPeerID:
		n := v.Int()
		if n > maxExact || n < -maxExact {
			return nil, fmt.Errorf("the id %d is beyond 2^53-1", n)
		}
		return lua.LNumber(n), nil
	case kindDouble:
		return lua.LNumber(v.Float()), nil
	case kindString:
		return lua.LString(v.String()), nil
	case kindBytes:
		return lua.LString(v.Bytes()), nil
	case kindInt128, kindInt256:
		raw := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(raw), v)
		return lua.LString(raw), nil
	case kindStruct:
		return w.fields(v, w.schema.plan(t.class.members[0]))
	case kindVector:
		return w.vector(v, t.elem)
	default:
		return w.object(v.Elem())
	}
}

func (w *writer) vector(v reflect.Value, elem *typ) (lua.LValue, error) {
	n := v.Len()
	tb := w.L.CreateTable(n, 0)
	for i := range n {
		lv, err := w.value(v.Index(i), elem)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i+1, err)
		}
		tb.Append(lv)
	}
	return tb, nil
}
