package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// method is what to write for what texts or lists have in other languages.
type method struct {
	of    kinds
	write string
}

var methods = map[string]method{
	"append":     {lists, "table.insert(list, x)"},
	"contains":   {texts, "text:find(part, 1, true)"},
	"endswith":   {texts, "text:sub(-#part) == part"},
	"includes":   {texts, "text:find(part, 1, true)"},
	"join":       {lists, `table.concat(list, ", ")`},
	"length":     {texts | lists, "#x"},
	"push":       {lists, "table.insert(list, x)"},
	"split":      {texts, `for part in text:gmatch("[^,]+") do … end`},
	"startswith": {texts, "text:sub(1, #part) == part"},
	"strip":      {texts, `text:match("^%s*(.-)%s*$")`},
	"trim":       {texts, `text:match("^%s*(.-)%s*$")`},
}

// kinds are what a variable may hold, as far as a source tells.
type kinds int

const (
	texts kinds = 1 << iota
	lists
	owners  // of fields, such as modules and objects
	unknown // what a call gives, and what a function is given
)

var kindNames = map[kinds]string{texts: "a text", lists: "a list", texts | lists: "a text or a list"}

func kindOf(value ast.Expr) kinds {
	switch e := value.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr:
		return texts
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				return owners
			}
		}
		return lists
	case *ast.FuncCallExpr:
		if text(e.Func) == "require" {
			return owners
		}
	}
	return unknown
}

// kindsOf are the kinds of the variables of a source.
func kindsOf(chunk []ast.Stmt) map[string]kinds {
	found := map[string]kinds{"string": texts, "table": lists, "self": owners}
	set := func(name string, kind kinds) {
		found[name] |= kind
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			found[name[:i]] |= owners
		}
	}
	assign := func(name string, values []ast.Expr, i int) {
		kind := unknown // as the second of local a, b = f()
		if i < len(values) {
			kind = kindOf(values[i])
		}
		set(name, kind)
	}
	visit(chunk, func(node any) {
		switch n := node.(type) {
		case *ast.LocalAssignStmt:
			for i, name := range n.Names {
				if len(n.Exprs) > 0 {
					assign(name, n.Exprs, i)
				}
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				assign(text(to), n.Rhs, i)
			}
		case *ast.FuncDefStmt:
			set(functionName(n), unknown)
		case *ast.FuncCallExpr:
			if text(n.Func) == "setmetatable" && len(n.Args) > 0 {
				set(text(n.Args[0]), owners)
			}
		default:
			names := map[string]bool{}
			declare(node, names)
			for name := range names {
				set(name, unknown)
			}
		}
	})
	return found
}

// functionName is what a function statement sets, as text writes it.
func functionName(def *ast.FuncDefStmt) string {
	if def.Name.Receiver != nil {
		return text(def.Name.Receiver) + "." + def.Name.Method
	}
	return text(def.Name.Func)
}

// method is what to write for a method that is not there, unless what it is called of
// may well have methods of its own.
func (vm *VM) method(name string, declared map[string]bool, chunk []ast.Stmt) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	m, ok := methods[strings.ToLower(name[i+1:])]
	if !ok {
		return ""
	}
	of := name[:i]
	switch kind := kindsOf(chunk)[of]; {
	case kind&owners != 0:
		return ""
	case kind == texts || kind == lists:
		if kind&m.of == 0 {
			return ""
		}
		return "write " + m.write
	}
	if v, ok := vm.value(of, declared); ok {
		if table, is := v.(*lua.LTable); !is && v.Type() != lua.LTString || is && (len(fields(table)) > 0 || table.Metatable != lua.LNil) {
			return ""
		}
	}
	return "of " + kindNames[m.of] + ": " + m.write
}
