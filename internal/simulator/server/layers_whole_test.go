package server

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gotd/td/tdp"
	"github.com/gotd/td/tg"
)

// sent gives gotd's types for what the embedded Telegram may send: the
// constructors that its sources name, but for those that a client sends.
func sent(t *testing.T) map[string]reflect.Type {
	t.Helper()
	named := make(map[string]bool)
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := s.X.(*ast.Ident); ok && from.Name == "tg" {
					named[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	types := make(map[string]reflect.Type)
	for _, make := range tg.TypesConstructorMap() {
		t := reflect.TypeOf(make()).Elem()
		if named[t.Name()] && !strings.HasPrefix(t.Name(), "Input") && !strings.HasSuffix(t.Name(), "Request") {
			types[reflect.New(t).Interface().(object).TypeName()] = t
		}
	}
	return types
}

// TestLayersDefineAllThatHoldsAnOlderObject guards against objects that would be
// written by gotd, and with them, in the newest layer, the older ones inside.
func TestLayersDefineAllThatHoldsAnOlderObject(t *testing.T) {
	types := sent(t)
	if len(types) < 50 {
		t.Fatalf("only %d types found", len(types))
	}
	all, err := readLayers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		older := make(map[reflect.Type]bool)
		for name, typ := range types {
			o := reflect.New(typ).Interface().(object)
			if d := l.definitions[name]; d != nil {
				if _, err := d.plan(o); err != nil {
					t.Errorf("layer %d: %v", l.number, err)
				}
				older[typ] = d.id != o.(described).TypeInfo().ID
			}
		}
		for grew := true; grew; {
			grew = false
			for name, typ := range types {
				if older[typ] || !holds(typ, older) {
					continue
				}
				older[typ], grew = true, true
				if l.definitions[name] == nil {
					t.Errorf("layer %d: %s holds objects that are older, and is not in layers.tl", l.number, name)
				}
			}
		}
	}
}

// holds tells whether a field of the type may be one of the older ones.
func holds(typ reflect.Type, older map[reflect.Type]bool) bool {
	for i := range typ.NumField() {
		field := typ.Field(i).Type
		for field.Kind() == reflect.Slice {
			field = field.Elem()
		}
		for o, is := range older {
			if is && (field == o || field.Kind() == reflect.Interface && reflect.PointerTo(o).Implements(field)) {
				return true
			}
		}
	}
	return false
}

// TestLayersAreTheClients holds layers.tl, and the methods that are renewed,
// against the schemas that the clients by others carry.
func TestLayersAreTheClients(t *testing.T) {
	const clients = "../../../cmd/luahost/testdata/clients/node_modules/"
	if _, err := os.Stat(clients + "telegram"); err != nil {
		t.Skip("install the clients: npm ci --prefix cmd/luahost/testdata/clients")
	}
	methods, err := os.ReadFile("../methods.go")
	if err != nil {
		t.Fatal(err)
	}
	for number, theirs := range map[int]map[string]uint32{
		198: gramjsIDs(t, clients+"telegram/tl/apiTl.js"),
		227: mtcuteIDs(t, clients+"@mtcute/core/tl/api-schema.json"),
	} {
		l := layerOf(t, number)
		for name, typ := range sent(t) {
			id, known := theirs[name]
			o := reflect.New(typ).Interface().(object)
			ours := o.(described).TypeInfo().ID
			if d := l.definitions[name]; d != nil {
				ours = d.id
			}
			if known && id != ours {
				t.Errorf("layer %d: %s is written as %08x, the client has %08x", number, name, ours, id)
			}
		}
		for _, m := range regexp.MustCompile(`"([a-z]+\.\w+)":`).FindAllSubmatch(methods, -1) {
			id, known := theirs[string(m[1])]
			if _, made := tg.TypesConstructorMap()[id]; known && !made && l.requests[id] == nil {
				t.Errorf("layer %d: %s#%08x is not understood", number, m[1], id)
			}
		}
	}
}

func gramjsIDs(t *testing.T, file string) map[string]uint32 {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]uint32)
	for _, m := range regexp.MustCompile(`(?m)^([\w.]+)#([0-9a-f]+) `).FindAllSubmatch(text, -1) {
		id, err := strconv.ParseUint(string(m[2]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		ids[string(m[1])] = uint32(id)
	}
	return ids
}

func mtcuteIDs(t *testing.T, file string) map[string]uint32 {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		E []struct {
			Name string
			ID   int64
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]uint32)
	for _, e := range schema.E {
		ids[e.Name] = uint32(e.ID)
	}
	return ids
}

// described is what every type of gotd's is, of which only tests make use.
type described interface{ TypeInfo() tdp.Type }
