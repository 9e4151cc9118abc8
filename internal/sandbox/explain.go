package sandbox

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"luahost/internal/clip"
)

// Bounds of what explaining errors may cost.
const (
	maxExplained  = 256 << 10 // bytes of a source that is read again for it
	maxReadings   = 20        // of sources, in the life of a VM
	maxSourceLine = 200       // bytes of the line that is shown
)

// AddSource has errors in a chunk of that name show its lines, and name what
// was nil in them. proto is its code, for Undefined; nil: it could not be compiled.
func (vm *VM) AddSource(name, source string, proto *lua.FunctionProto) {
	vm.sources[name] = source
	if proto != nil {
		vm.protos = append(vm.protos, proto)
	}
}

// explanation is what can be said about an error beyond its message.
type explanation struct {
	message string
	source  string
	hint    string
}

// explain finds out what was nil in the line that an error names. gopher-lua
// says what was attempted, and not on what.
func (vm *VM) explain(message string) explanation {
	if known, ok := vm.explained[message]; ok {
		return known
	}
	e := explanation{message: message}
	at := located.FindStringSubmatch(message)
	if at == nil || vm.sources[at[1]] == "" {
		return e
	}
	source := vm.sources[at[1]]
	line, _ := strconv.Atoi(at[2])
	e.source = sourceLine(source, line)
	for _, f := range faults {
		if m := f.text.FindStringSubmatch(at[3]); m != nil {
			if chunk := vm.reread(at[1], source); chunk != nil {
				vm.name(&e, at[1]+":"+at[2]+": ", f, m, chunk, line)
			}
			break
		}
	}
	if e.message == message { // nothing in it has a name
		if e.hint = advise(at[3]); e.hint != "" {
			e.message += ": " + e.hint
		}
	}
	if len(vm.explained) < maxReadings*4 {
		vm.explained[message] = e
	}
	return e
}

// advise says what to do about an error of which that can be told by its text.
func advise(message string) string {
	for _, a := range advices {
		if a.text.MatchString(message) {
			return a.hint
		}
	}
	return ""
}

var advices = []struct {
	text *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`^cannot perform add operation between (string and string|string and number|number and string)$`), "texts are joined by .."},
	{regexp.MustCompile(`^cannot perform concat operation between (\w+ and boolean|boolean and \w+)$`), "write tostring(…)"},
	{regexp.MustCompile(`^attempt to compare (string with number|number with string)$`), "tonumber makes a number of a text"},
	{regexp.MustCompile(`^bad argument #\d+ to \w+ \(number expected, got string\)$`), "tonumber makes a number of a text"},
	{regexp.MustCompile(`^for statement (init|limit|step) must be a number$`), "for i = 1, #t goes over a list"},
	{regexp.MustCompile(`^__len undefined$`), "# wants a text or a table"},
	{regexp.MustCompile(`^__unm undefined$`), "- wants a number"},
	{regexp.MustCompile(`^bad argument #1 to load \(function expected, got string\)$`), "loadstring takes a text"},
}

var located = regexp.MustCompile(`(?s)^([^\s:]+):(\d+): (.*)$`)

// sourceLine is a line as it is shown below an error.
func sourceLine(source string, line int) string {
	return oneLine(clip.Counted(lineOf(source, line), maxSourceLine))
}

func lineOf(source string, line int) string {
	for n := 1; ; n++ {
		text, rest, more := strings.Cut(source, "\n")
		if n == line {
			return strings.TrimSpace(text)
		}
		if !more {
			return ""
		}
		source = rest
	}
}

// reread gives the syntax tree of a source, if that is not too much.
func (vm *VM) reread(name, source string) []ast.Stmt {
	if vm.readings++; vm.readings > maxReadings || len(source) > maxExplained {
		return nil
	}
	chunk, err := parse.Parse(strings.NewReader(plain(source)), name)
	if err != nil {
		return nil
	}
	return chunk
}

// faultKind is one kind of gopher-lua's errors: how it is worded, which expressions
// of a line may have raised it, and how it is worded with a name.
type faultKind struct {
	text  *regexp.Regexp
	find  func(node any, m []string) []ast.Expr // that may have been nil
	guess func(node any, m []string) []ast.Expr // the same, where find has found none; or nil
	named func(m []string, name string) string
	calls bool // what was no function may be anything else
}

var faults = []faultKind{
	{
		regexp.MustCompile(`^attempt to index a non-table object\((\w+)\) with key '(.*)'$`),
		func(node any, m []string) []ast.Expr {
			switch n := node.(type) {
			case *ast.AttrGetExpr:
				switch key := n.Key.(type) {
				case *ast.StringExpr:
					if key.Value == m[2] {
						return []ast.Expr{n.Object}
					}
				case *ast.NumberExpr:
					if key.Value == m[2] {
						return []ast.Expr{n.Object}
					}
				}
			case *ast.FuncCallExpr:
				if n.Receiver != nil && n.Method == m[2] {
					return []ast.Expr{n.Receiver}
				}
			}
			return nil
		},
		func(node any, _ []string) []ast.Expr { // a key that is computed may be any
			if n, ok := node.(*ast.AttrGetExpr); ok {
				if _, is := n.Key.(*ast.StringExpr); !is {
					return []ast.Expr{n.Object}
				}
			}
			return nil
		},
		func(m []string, name string) string {
			return fmt.Sprintf("attempt to index %s %q with key %q", m[1], name, m[2])
		},
		false,
	},
	{
		regexp.MustCompile(`^attempt to call a non-function object$`),
		func(node any, _ []string) []ast.Expr {
			n, ok := node.(*ast.FuncCallExpr)
			switch {
			case !ok:
				return looped(node)
			case n.Receiver != nil:
				return []ast.Expr{&ast.AttrGetExpr{Object: n.Receiver, Key: &ast.StringExpr{Value: n.Method}}}
			default:
				return []ast.Expr{n.Func}
			}
		},
		nil,
		func(_ []string, name string) string {
			return fmt.Sprintf("attempt to call %q, which is no function", name)
		},
		true,
	},
	{
		regexp.MustCompile(`^(cannot perform (\w+) operation between |attempt to compare )(\w+)( and | with )(\w+)$`),
		func(node any, m []string) []ast.Expr {
			var left, right ast.Expr
			switch n := node.(type) {
			case *ast.ArithmeticOpExpr:
				left, right = n.Lhs, n.Rhs
			case *ast.RelationalOpExpr:
				left, right = n.Lhs, n.Rhs
			case *ast.StringConcatOpExpr:
				left, right = n.Lhs, n.Rhs
			default:
				return nil
			}
			var list []ast.Expr
			if m[3] == "nil" {
				list = append(list, left)
			}
			if m[5] == "nil" {
				list = append(list, right)
			}
			return list
		},
		nil,
		func(m []string, name string) string {
			left, right := m[3], m[5]
			if left == "nil" {
				left += " " + strconv.Quote(name)
			} else {
				right += " " + strconv.Quote(name)
			}
			return m[1] + left + m[4] + right
		},
		false,
	},
	{
		regexp.MustCompile(`^__(len|unm) undefined$`),
		func(node any, m []string) []ast.Expr {
			switch n := node.(type) {
			case *ast.UnaryLenOpExpr:
				if m[1] == "len" {
					return []ast.Expr{n.Expr}
				}
			case *ast.UnaryMinusOpExpr:
				if m[1] == "unm" {
					return []ast.Expr{n.Expr}
				}
			}
			return nil
		},
		nil,
		func(m []string, name string) string {
			if m[1] == "len" {
				return fmt.Sprintf("attempt to get the length of %q, which has none", name)
			}
			return fmt.Sprintf("attempt to negate %q, which is no number", name)
		},
		false,
	},
	{
		regexp.MustCompile(`^bad argument #(\d+) to (\w+) \((.*), got nil\)$`),
		func(node any, m []string) []ast.Expr {
			n, ok := node.(*ast.FuncCallExpr)
			if !ok {
				return nil
			}
			at, _ := strconv.Atoi(m[1])
			called := n.Method
			if n.Receiver != nil {
				at-- // the first is what stands before the colon
			} else if called = text(n.Func); strings.Contains(called, ".") {
				called = called[strings.LastIndexByte(called, '.')+1:]
			}
			if called != m[2] || at < 1 || at > len(n.Args) {
				return nil
			}
			return []ast.Expr{n.Args[at-1]}
		},
		nil,
		func(m []string, name string) string {
			return fmt.Sprintf("bad argument #%s to %s (%s, got nil %q)", m[1], m[2], m[3], name)
		},
		false,
	},
}

// name puts the name of what was nil into the message, if the line has but one
// candidate, and the name that may have been meant into the hint.
func (vm *VM) name(e *explanation, at string, kind faultKind, m []string, chunk []ast.Stmt, line int) {
	var names, guesses []string
	declared, own, loop := map[string]bool{}, map[string]bool{}, false
	visit(chunk, func(node any) {
		declare(node, declared)
		switch set := node.(type) {
		case *ast.AssignStmt:
			for _, to := range set.Lhs {
				own[text(to)] = true
			}
		case *ast.FuncDefStmt:
			own[functionName(set)] = true
		}
		if n, ok := node.(ast.PositionHolder); !ok || n.Line() != line {
			return
		}
		loop = loop || kind.calls && looped(node) != nil
		candidates := func(list *[]string, exprs []ast.Expr) {
			for _, expr := range exprs {
				if name := text(expr); name != "" && !slices.Contains(*list, name) && !vm.holds(name, declared, kind) {
					*list = append(*list, name)
				}
			}
		}
		candidates(&names, kind.find(node, m))
		if kind.guess != nil {
			candidates(&guesses, kind.guess(node, m))
		}
	})
	if len(names) == 0 {
		names = guesses
	}
	if len(names) > 1 { // what a call gave is the least likely
		names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "()") })
	}
	if len(names) == 1 {
		e.message = at + kind.named(m, names[0])
		e.hint = vm.instead(names[0], declared, own)
		if kind.calls && e.hint == "" {
			e.hint = vm.method(names[0], declared, chunk)
		}
		e.hint = cmp.Or(e.hint, vm.has(names[0], declared))
	}
	if loop && len(names) < 2 {
		e.hint = cmp.Or(e.hint, "for … in takes pairs(t) or ipairs(t)")
	}
	if e.hint != "" {
		e.message += ": " + e.hint
	}
}

// looped is what a loop goes over that names no function for it.
func looped(node any) []ast.Expr {
	if loop, ok := node.(*ast.GenericForStmt); ok && len(loop.Exprs) == 1 {
		if _, call := loop.Exprs[0].(*ast.FuncCallExpr); !call {
			return loop.Exprs
		}
	}
	return nil
}

// instead is what to write for a name that is nil, if that can be said. Of the
// script's own variables, and of what is there, it is another name at most.
func (vm *VM) instead(name string, declared, own map[string]bool) string {
	near := vm.near(name, declared)
	first, _, _ := strings.Cut(name, ".")
	value, known := vm.value(name, declared)
	if declared[first] || own[first] || own[name] || own["_G."+first] || known && value != lua.LNil || vm.assigns(first) {
		name = ""
	}
	return hint(name, near)
}

// text writes an expression that has a name, as the script does.
func text(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		of, key := text(e.Object), "[…]"
		switch k := e.Key.(type) {
		case *ast.StringExpr:
			key = "." + k.Value
		case *ast.NumberExpr:
			key = "[" + k.Value + "]"
		default:
			if name := text(k); name != "" {
				key = "[" + name + "]"
			}
		}
		if of != "" {
			return of + key
		}
	case *ast.FuncCallExpr:
		of := ""
		if e.Receiver != nil {
			if of = text(e.Receiver); of != "" {
				of += ":" + e.Method
			}
		} else {
			of = text(e.Func)
		}
		if of != "" {
			return of + "()"
		}
	}
	return ""
}
