package sandbox

import (
	"fmt"
	"reflect"

	"github.com/yuin/gopher-lua/ast"
)

// maxSyntax is how deep expressions and statements may be nested. gopher-lua
// compiles by recursion: a megabyte of unary operators overflows Go's own
// stack, which ends the process, and long chains of binary ones take minutes.
const maxSyntax = 1000

// checkDepth refuses code that is nested too deeply to be compiled.
func checkDepth(name string, chunk []ast.Stmt) error {
	d := depth{}
	if d.walk(reflect.ValueOf(chunk), 0) {
		return nil
	}
	return fmt.Errorf("%s:%d: nested more than %d levels deep", name, d.line, maxSyntax)
}

// depth looks at syntax trees, of whatever nodes.
type depth struct {
	line int // of the statement or expression that is too deep
}

// walk says whether what hangs below v, itself so many levels deep, is within
// the limit. It looks no deeper than that.
func (d *depth) walk(v reflect.Value, level int) bool {
	switch v.Kind() {
	case reflect.Interface:
		return d.walk(v.Elem(), level)
	case reflect.Slice:
		for i := range v.Len() {
			if !d.walk(v.Index(i), level) {
				return false
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return true
		}
		if node, ok := v.Interface().(ast.PositionHolder); ok && level >= maxSyntax {
			d.line = node.Line()
			return false
		}
		return d.walk(v.Elem(), level+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanInterface() && !d.walk(field, level) {
				return false
			}
		}
	}
	return true
}
