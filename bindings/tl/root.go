package tl

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// ToTL makes the TL object that v describes, by the same rules as an argument of
// a method. typeName is a type (InputPeer), a constructor or a method of the
// layer. Peers that have to be looked up are, in place, with L's context. The
// error says what is wrong with v; it names no script and no line.
func (m *Module) ToTL(L *lua.LState, v lua.LValue, typeName string) (bin.Object, error) {
	r := reader{ctx: L.Context(), schema: m.schema, peers: m.opts.Peers != nil}
	var object bin.Object
	if fault := r.root(v, typeName, &object); fault != nil {
		return nil, fault
	}
	if err := m.resolve(contextOf(L), r.lookups); err != nil {
		return nil, err
	}
	return object, nil
}

// root converts a value that is not part of another.
func (r *reader) root(v lua.LValue, typeName string, object *bin.Object) *fault {
	c := r.schema.classes[typeName]
	if c == nil {
		return r.rootTable(v, typeName, object)
	}
	if typeName == "Bool" {
		return r.rootBool(v, object)
	}
	t := typ{kind: kindClass, name: typeName, class: c}
	dst := reflect.ValueOf(object).Elem()
	if e := c.single(); e != nil {
		t.kind = kindStruct
		*object = e.newObject()
		dst = reflect.ValueOf(*object).Elem()
	}
	return r.boxed(v, &t, dst)
}

func (r *reader) rootBool(v lua.LValue, object *bin.Object) *fault {
	switch v {
	case lua.LTrue:
		*object = &tg.BoolTrue{}
	case lua.LFalse:
		*object = &tg.BoolFalse{}
	default:
		return r.fault("expected true or false, got %s", shown(v))
	}
	return nil
}

// rootTable converts the table of a certain constructor or method.
func (r *reader) rootTable(v lua.LValue, name string, object *bin.Object) *fault {
	e := r.schema.names[name]
	if e == nil {
		known := slices.Sorted(maps.Keys(r.schema.classes))
		return r.fault("%s is not a type of the layer%s", quoted(name), suggestion(name, known))
	}
	tb, ok := v.(*lua.LTable)
	if !ok || !e.mayBe(tb) {
		return r.fault("expected %s, a table, got %s", name, shown(v))
	}
	*object = e.newObject()
	return r.object(tb, r.schema.plan(e), reflect.ValueOf(*object).Elem())
}

func contextOf(L *lua.LState) context.Context {
	if ctx := L.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
