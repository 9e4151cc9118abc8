package tl

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/gotd/td/bin"
	lua "github.com/yuin/gopher-lua"
)

// notOnTheWire are the two constructors with a bare vector, which gotd encodes as
// a boxed one; they are compared as objects.
var notOnTheWire = []string{"accessPointRule", "help.configSimple"}

func newModule(t testing.TB, opts Options) (*Module, *lua.LState) {
	t.Helper()
	m := New(opts)
	L := lua.NewState()
	t.Cleanup(L.Close)
	m.Open(L)
	return m, L
}

// rounds is how many objects of each constructor a test makes.
func rounds() int {
	if os.Getenv("LUAHOST_FULL") != "" {
		return 500
	}
	return 20
}

// Every constructor of the layer goes to Lua and back unchanged.
func TestEveryConstructorComesBack(t *testing.T) {
	m, L := newModule(t, Options{})
	g := newGenerator(m.schema, 7)
	for _, name := range slices.Sorted(maps.Keys(m.schema.classes)) {
		c := m.schema.classes[name]
		for _, e := range c.members {
			for range rounds() {
				object := g.object(e, 5)
				v, err := m.toLua(L, object, nil)
				if err != nil {
					t.Fatalf("%s to Lua: %v", e.name, err)
				}
				back, err := m.ToTL(L, v, c.name)
				if err != nil {
					t.Fatalf("%s from Lua: %v\n%s", e.name, err, v)
				}
				if slices.Contains(notOnTheWire, e.name) {
					if got, want := fmt.Sprintf("%+v", back), fmt.Sprintf("%+v", object); got != want {
						t.Fatalf("%s came back as %s, was %s", e.name, got, want)
					}
					continue
				}
				if got, want := encoded(t, back), encoded(t, object); got != want {
					t.Fatalf("%s came back as\n%s, was\n%s", e.name, got, want)
				}
			}
		}
	}
}

// The arguments of every method reach the wire, and a server that answered with
// them would show the script the same table.
func TestEveryMethodsArgumentsReachTheWire(t *testing.T) {
	m, L := newModule(t, Options{})
	g := newGenerator(m.schema, 8)
	methods := 0
	for _, space := range slices.Sorted(maps.Keys(m.schema.namespaces)) {
		for _, e := range m.schema.namespaces[space] {
			methods++
			for range rounds() {
				object := g.object(e, 5)
				given := m.ToLua(L, object)
				request, err := m.ToTL(L, given, e.name)
				if err != nil {
					t.Fatalf("%s from Lua: %v", e.name, err)
				}
				if got, want := encoded(t, request), encoded(t, object); got != want {
					t.Fatalf("%s was encoded as\n%s, want\n%s", e.name, got, want)
				}
				var wire bin.Buffer
				if err := request.Encode(&wire); err != nil {
					t.Fatal(err)
				}
				received := e.newObject()
				if err := received.Decode(&wire); err != nil {
					t.Fatalf("%s from the wire: %v", e.name, err)
				}
				if diff := differ(given, m.ToLua(L, received)); diff != "" {
					t.Fatalf("%s: %s", e.name, diff)
				}
			}
		}
	}
	if methods != 804 {
		t.Errorf("%d methods, want the layer's 804", methods)
	}
}

// differ compares two Lua values by their raw contents.
func differ(a, b lua.LValue) string {
	ta, ok := a.(*lua.LTable)
	if !ok {
		if a != b {
			return fmt.Sprintf("%v is not %v", a, b)
		}
		return ""
	}
	tb, ok := b.(*lua.LTable)
	if !ok {
		return fmt.Sprintf("a table is not %v", b)
	}
	if ta.Metatable != tb.Metatable {
		return "the metatables differ"
	}
	keys := 0
	for key, v := ta.Next(lua.LNil); key != lua.LNil; key, v = ta.Next(key) {
		keys++
		if diff := differ(v, tb.RawGet(key)); diff != "" {
			return fmt.Sprintf("%v: %s", key, diff)
		}
	}
	for key, _ := tb.Next(lua.LNil); key != lua.LNil; key, _ = tb.Next(key) {
		keys--
	}
	if keys != 0 {
		return "the keys differ"
	}
	return ""
}

// The schema and gotd's types agree, field by field.
func TestPlansFitTheTypes(t *testing.T) {
	m, _ := newModule(t, Options{})
	if n := len(m.schema.names); n != len(m.schema.ids) {
		t.Errorf("%d names, %d ids", n, len(m.schema.ids))
	}
	groups, inGroups := 0, 0
	for _, e := range m.schema.names {
		p := m.schema.plan(e)
		for _, f := range p.fields {
			checkGoType(t, e.name+"."+f.name, &f.typ, p.goType.Field(f.index).Type)
		}
		groups += len(p.groups)
		for _, g := range p.groups {
			inGroups += g.len()
		}
	}
	if groups != 89 || inGroups != 200 {
		t.Errorf("%d groups of %d fields share a bit, want 89 of 200", groups, inGroups)
	}
}

func checkGoType(t *testing.T, name string, have *typ, want reflect.Type) {
	kinds := map[kind]reflect.Kind{
		kindTrue: reflect.Bool, kindBool: reflect.Bool, kindInt: reflect.Int, kindLong: reflect.Int64,
		kindPeerID: reflect.Int64, kindDouble: reflect.Float64, kindString: reflect.String, kindBytes: reflect.Slice,
		kindInt128: reflect.Array, kindInt256: reflect.Array, kindStruct: reflect.Struct, kindClass: reflect.Interface,
		kindVector: reflect.Slice,
	}
	if kinds[have.kind] != want.Kind() {
		t.Errorf("%s is %s in the schema and %s in Go", name, have.name, want)
	}
	if have.kind == kindVector {
		checkGoType(t, name, have.elem, want.Elem())
	}
}

// The answer of every method reaches Lua as it was sent.
func TestEveryMethodsAnswerReachesLua(t *testing.T) {
	m, L := newModule(t, Options{})
	g := newGenerator(m.schema, 10)
	for _, space := range slices.Sorted(maps.Keys(m.schema.namespaces)) {
		for _, e := range m.schema.namespaces[space] {
			if e.result == "help.ConfigSimple" {
				continue // see notOnTheWire
			}
			object, elem := g.answer(e), m.schema.elemOf(e)
			var wire bin.Buffer
			if err := object.Encode(&wire); err != nil {
				t.Fatal(err)
			}
			out := m.schema.output(e)
			got, err := out.result(out.Decode(&wire))
			if err != nil {
				t.Errorf("%s: %v", e.name, err)
				continue
			}
			want, err := m.toLua(L, object, elem)
			if err != nil {
				t.Fatal(err)
			}
			v, err := m.toLua(L, got, elem)
			if err != nil {
				t.Fatal(err)
			}
			if diff := differ(want, v); diff != "" {
				t.Errorf("%s: %s", e.name, diff)
			}
		}
	}
}

// answer makes a random answer of a method.
func (g *generator) answer(e *entry) bin.Object {
	elem, ok := vectorOf(e.result)
	if !ok {
		c := g.schema.classes[e.result]
		return g.object(c.members[g.IntN(len(c.members))], 4)
	}
	object := newVector(elem)
	typ := g.schema.typeOf(e.result, reflect.TypeOf(object).Elem().Field(0).Type)
	g.value(&typ, reflect.ValueOf(object).Elem().Field(0), 4)
	return object
}
