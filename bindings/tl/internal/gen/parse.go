package main

import (
	"bytes"
	"fmt"
	"strings"
)

// These lines part a schema into constructors and methods, any number of times.
const (
	typesMark     = "---types---"
	functionsMark = "---functions---"
)

// definition is a constructor or a method.
type definition struct {
	name   string // phone.discardCall
	id     string // b2cbc1c0
	fields []field
	result string // Updates
	method bool
}

type field struct {
	name string // duration
	flag string // "flags.2?", or ""
	typ  string // Vector<int>
}

func (d *definition) print(b *bytes.Buffer) {
	fmt.Fprintf(b, "%s#%s", d.name, d.id)
	for _, f := range d.fields {
		fmt.Fprintf(b, " %s:%s%s", f.name, f.flag, f.typ)
	}
	fmt.Fprintf(b, " = %s\n", d.result)
}

// parse reads a schema. Generic methods, which wrap another (invokeWithLayer),
// and the built-in string, which has no Go type, are left out.
func parse(text string) (defs []*definition, layer string, err error) {
	method := false
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == functionsMark:
			method = true
			continue
		case line == typesMark:
			method = false
			continue
		case strings.HasPrefix(line, "// LAYER "):
			layer = strings.TrimPrefix(line, "// LAYER ")
			continue
		case line == "" || strings.HasPrefix(line, "//"):
			continue
		case strings.Contains(line, "{X:Type}") || strings.Contains(line, " ? "):
			continue
		}
		d, err := parseLine(line)
		if err != nil {
			return nil, "", fmt.Errorf("line %d: %w", n+1, err)
		}
		d.method = method
		defs = append(defs, d)
	}
	if layer == "" {
		return nil, "", fmt.Errorf("no line says which layer it is")
	}
	return defs, layer, nil
}

func parseLine(line string) (*definition, error) {
	left, result, ok := strings.Cut(strings.TrimSuffix(line, ";"), " = ")
	if !ok || !strings.HasSuffix(line, ";") {
		return nil, fmt.Errorf("%q has no result", line)
	}
	words := strings.Fields(left)
	name, id, ok := strings.Cut(words[0], "#")
	if !ok {
		return nil, fmt.Errorf("%q has no id", line)
	}
	d := &definition{name: name, id: id, result: strings.TrimSpace(result)}
	for _, w := range words[1:] {
		name, typ, ok := strings.Cut(w, ":")
		if !ok {
			return nil, fmt.Errorf("%s: field %q has no type", d.name, w)
		}
		f := field{name: name, typ: typ}
		if flag, rest, ok := strings.Cut(typ, "?"); ok {
			f.flag, f.typ = flag+"?", rest
		}
		d.fields = append(d.fields, f)
	}
	return d, nil
}
