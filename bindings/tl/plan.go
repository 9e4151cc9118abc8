package tl

import (
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// kind is how a type of the schema is represented in Go and in Lua.
type kind uint8

const (
	kindTrue   kind = iota // a flag without a value
	kindBool               // Bool
	kindInt                // int32 in a Go int
	kindLong               // decimal string in Lua
	kindPeerID             // long that is a number in Lua
	kindDouble
	kindString
	kindBytes
	kindInt128
	kindInt256
	kindStruct // a type with one constructor: a Go struct
	kindClass  // a type with several: a Go interface
	kindVector
)

// typ is a type of the schema as a field, an element or a result has it.
type typ struct {
	kind  kind
	name  string // as the schema spells it
	elem  *typ   // of a vector
	class *class // of a struct or class
}

// field is a field of a constructor or method, other than flags.
type field struct {
	name   string
	typ    typ
	index  int // in the Go struct
	word   int // which of the flags words has its bit, or -1 when it is required
	bit    int
	random bool // drawn when a script leaves it out
}

// mustBeGiven says whether a script has to give it. A random_id is drawn.
func (f *field) mustBeGiven() bool { return f.word < 0 && !f.random }

// plan is what conversion needs to know of a constructor or method.
type plan struct {
	*entry
	value    lua.LValue // the name, as Lua has it
	goType   reflect.Type
	fields   []field
	byName   map[string]int
	required fieldSet
	groups   []fieldSet // fields that share a bit
	words    []int      // indexes of the flags words in the Go struct
	hasTrue  bool
}

// fieldSet is a set of indexes into plan.fields.
type fieldSet [2]uint64

// The most that a constructor of the layer has.
const (
	maxFields = 128
	maxWords  = 2
)

func (s *fieldSet) add(i int)  { s[i>>6] |= 1 << (i & 63) }
func (s fieldSet) empty() bool { return s[0]|s[1] == 0 }

func only(i int) (s fieldSet) {
	s.add(i)
	return s
}

func (s fieldSet) and(o fieldSet) fieldSet {
	return fieldSet{s[0] & o[0], s[1] & o[1]}
}

func (s fieldSet) minus(o fieldSet) fieldSet {
	return fieldSet{s[0] &^ o[0], s[1] &^ o[1]}
}
func (s fieldSet) len() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// first gives the lowest index of a set that is not empty.
func (s fieldSet) first() int {
	if s[0] != 0 {
		return bits.TrailingZeros64(s[0])
	}
	return 64 + bits.TrailingZeros64(s[1])
}

// plan gives the plan of e. Two goroutines may both make the first one: they are
// equal, and the last stays.
func (s *schema) plan(e *entry) *plan {
	if p := e.planned.Load(); p != nil {
		return p
	}
	p := s.makePlan(e)
	e.planned.Store(p)
	return p
}

// makePlan joins the schema's fields with those of the Go struct, which come in
// the same order.
func (s *schema) makePlan(e *entry) *plan {
	p := &plan{entry: e, value: lua.LString(e.name), goType: reflect.TypeOf(e.newObject()).Elem(), byName: map[string]int{}}
	words := map[string]int{}
	for index, text := range strings.Fields(e.fields) {
		name, typeName, _ := strings.Cut(text, ":")
		if typeName == "#" {
			words[name] = len(p.words)
			p.words = append(p.words, index)
			continue
		}
		f := field{name: name, index: index, word: -1}
		if flag, rest, ok := strings.Cut(typeName, "?"); ok {
			word, bit, _ := strings.Cut(flag, ".")
			f.word, f.bit, typeName = words[word], atoi(bit), rest
		}
		f.typ = s.typeOf(typeName, p.goType.Field(index).Type)
		f.random = name == "random_id" && f.word < 0 && drawsRandom(e) && f.typ.kind != kindBytes
		p.add(f)
	}
	p.groups = groupsOf(p.fields)
	p.check()
	return p
}

func (p *plan) add(f field) {
	i := len(p.fields)
	p.byName[f.name] = i
	p.fields = append(p.fields, f)
	if f.word < 0 {
		p.required.add(i)
	}
	p.hasTrue = p.hasTrue || f.typ.kind == kindTrue
}

// check panics where the schema and the Go struct disagree. That cannot come from
// a script, and the tests plan every entry.
func (p *plan) check() {
	want := len(p.fields) + len(p.words)
	if len(p.fields) > maxFields || len(p.words) > maxWords || p.goType.NumField() != want {
		panic(fmt.Sprintf("%s: the schema has %d fields, %s has %d", p.name, want, p.goType, p.goType.NumField()))
	}
}

// groupsOf finds the fields that share a bit with others.
func groupsOf(fields []field) []fieldSet {
	var groups []fieldSet
	at := map[[2]int]int{} // index into groups, by word and bit
	for i, f := range fields {
		if f.word < 0 {
			continue
		}
		bit := [2]int{f.word, f.bit}
		if _, seen := at[bit]; !seen {
			at[bit] = len(groups)
			groups = append(groups, fieldSet{})
		}
		groups[at[bit]].add(i)
	}
	return slices.DeleteFunc(groups, func(g fieldSet) bool { return g.len() == 1 })
}

// drawsRandom says whether a random_id of e is one that the caller makes up, and
// not one that names something that exists already.
func drawsRandom(e *entry) bool {
	return e.method || strings.HasPrefix(e.result, "Input")
}

func atoi(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// typeOf resolves a type of the schema, for which gotd has the Go type t.
func (s *schema) typeOf(name string, t reflect.Type) typ {
	if k, ok := basicKind(name); ok {
		if name == "peer_id" {
			name = "long"
		}
		return typ{kind: k, name: name}
	}
	if elem, ok := vectorOf(name); ok {
		et := s.typeOf(elem, t.Elem())
		return typ{kind: kindVector, name: "Vector<" + et.name + ">", elem: &et}
	}
	c := s.classes[name]
	if c == nil {
		panic("no constructor makes " + name)
	}
	if t.Kind() == reflect.Interface {
		c.share(t)
		return typ{kind: kindClass, name: name, class: c}
	}
	return typ{kind: kindStruct, name: name, class: c}
}

// vectorOf gives the element of Vector<…>, or of vector<…>, which two old
// constructors have.
func vectorOf(name string) (string, bool) {
	if len(name) > 8 && strings.EqualFold(name[:7], "vector<") {
		return name[7 : len(name)-1], true
	}
	return "", false
}

func basicKind(name string) (kind, bool) {
	switch name {
	case "true":
		return kindTrue, true
	case "Bool":
		return kindBool, true
	case "int":
		return kindInt, true
	case "long":
		return kindLong, true
	case "peer_id":
		return kindPeerID, true
	case "double":
		return kindDouble, true
	case "string":
		return kindString, true
	case "bytes":
		return kindBytes, true
	case "int128":
		return kindInt128, true
	case "int256":
		return kindInt256, true
	}
	return 0, false
}
