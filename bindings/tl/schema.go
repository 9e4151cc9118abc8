package tl

import (
	_ "embed"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

//go:generate go run ./internal/gen

// layerText is the schema of the layer, one definition per line. What tells it
// from Telegram's own text is said in internal/gen.
//
//go:embed layer.tl
var layerText string

// functionsMark parts the constructors from the methods in layerText.
const functionsMark = "---functions---"

// schema is the layer, indexed. It does not change, but for the plans, which are
// made when they are first needed.
type schema struct {
	names      map[string]*entry // constructors and methods
	ids        map[uint32]*entry
	classes    map[string]*class
	namespaces map[string][]*entry
}

// entry is a constructor or a method.
type entry struct {
	name      string
	id        uint32
	method    bool
	fields    string // as in layerText
	result    string // the type of a constructor, the answer of a method
	newObject func() bin.Object
	call      lua.LGFunction // methods only

	planned atomic.Pointer[plan]
}

// class is a type of the schema: the constructors that make it.
type class struct {
	name    string
	members []*entry
	form    form // what else a script may give for it

	shared atomic.Pointer[map[*entry]reflect.Value] // see share
}

// loadSchema indexes the layer. An error means that layer.tl and the gotd module
// are of different layers.
func loadSchema() (*schema, error) {
	s := &schema{
		names:      make(map[string]*entry, 2500),
		ids:        make(map[uint32]*entry, 2500),
		classes:    make(map[string]*class, 800),
		namespaces: make(map[string][]*entry, 32),
	}
	made := tg.TypesConstructorMap()
	method := false
	for line := range strings.Lines(layerText) {
		line = strings.TrimSuffix(line, "\n")
		if line == functionsMark {
			method = true
			continue
		}
		if strings.HasPrefix(line, "//") {
			continue
		}
		e, err := parseEntry(line)
		if err != nil {
			return nil, err
		}
		e.method, e.newObject = method, made[e.id]
		if e.newObject == nil {
			return nil, fmt.Errorf("%s#%x has no Go type", e.name, e.id)
		}
		s.add(e)
	}
	return s, nil
}

func (s *schema) add(e *entry) {
	s.names[e.name] = e
	s.ids[e.id] = e
	if e.method {
		space, _, _ := strings.Cut(e.name, ".")
		s.namespaces[space] = append(s.namespaces[space], e)
		return
	}
	c := s.classes[e.result]
	if c == nil {
		c = &class{name: e.result, form: formOf(e.result)}
		s.classes[e.result] = c
	}
	c.members = append(c.members, e)
}

// parseEntry reads "name#id field:type field:type = Result".
func parseEntry(line string) (*entry, error) {
	left, result, ok := strings.Cut(line, " = ")
	if !ok {
		return nil, fmt.Errorf("schema line %q has no result", line)
	}
	head, fields, _ := strings.Cut(left, " ")
	name, hex, _ := strings.Cut(head, "#")
	id, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return nil, fmt.Errorf("schema line %q: id: %w", line, err)
	}
	return &entry{name: name, id: uint32(id), fields: fields, result: result}, nil
}

// single gives the constructor of a type that has only one.
func (c *class) single() *entry {
	if len(c.members) == 1 {
		return c.members[0]
	}
	return nil
}

// has says whether e makes this type.
func (c *class) has(e *entry) bool {
	return !e.method && e.result == c.name
}

// memberNames lists the constructors, for error texts.
func (c *class) memberNames() []string {
	names := make([]string, len(c.members))
	for i, e := range c.members {
		names[i] = e.name
	}
	return names
}
