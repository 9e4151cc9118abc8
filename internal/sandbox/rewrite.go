package sandbox

import (
	"reflect"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// rewriting changes a syntax tree before it is compiled.
//
// gopher-lua's operator .. is an instruction that makes a text of any size. So
// each chain of them becomes one call of concatenate, with the operands as its
// arguments: they are evaluated in the same order, and errors have the same
// lines. The function stands among the constants of the compiled code, where a
// script can neither see nor replace it.
//
// Three things that gopher-lua compiles to the wrong code become others that mean
// the same: see saveParameter, assignAtOnce and literal.
type rewriting struct {
	called  []*ast.StringExpr // what the calls that stand for .. call
	longest int               // bytes of a literal that begins as the placeholder does
	name    string            // the placeholder
}

// placeholder is the constant in whose place the function goes; it is made
// longer than what the script itself has of that kind.
const placeholder = "\x00.."

func rewrite(chunk []ast.Stmt) *rewriting {
	r := &rewriting{}
	r.walk(reflect.ValueOf(chunk))
	r.name = placeholder + strings.Repeat(".", r.longest)
	for _, callee := range r.called {
		callee.Value = r.name
	}
	return r
}

// walk looks at what hangs below v, and then at v: a tree of whatever nodes.
func (r *rewriting) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		switch node := v.Interface().(type) {
		case *ast.StringConcatOpExpr:
			v.Set(reflect.ValueOf(r.call(operands(node))))
		case *ast.AssignStmt:
			if block := assignAtOnce(node); block != nil {
				v.Set(reflect.ValueOf(block))
			}
		}
		r.walk(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			r.walk(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			r.walk(v.Elem())
			r.node(v.Interface())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanInterface() {
				r.walk(field)
			}
		}
	}
}

func (r *rewriting) node(node any) {
	switch node := node.(type) {
	case *ast.NumberExpr:
		node.Value = literal(node.Value)
	case *ast.StringExpr:
		if strings.HasPrefix(node.Value, placeholder) {
			r.longest = max(r.longest, len(node.Value))
		}
	case *ast.AssignStmt:
		if len(node.Lhs) == 1 && len(node.Rhs) == 1 {
			saveParameter(node.Rhs[0])
		}
	}
}

// saveParameter has a parameter live until the call is done that it is assigned
// from, as in s = (f(s)): gopher-lua would put f into the place of s at once. One
// variable takes one value anyway.
func saveParameter(value ast.Expr) {
	if call, ok := value.(*ast.FuncCallExpr); ok {
		call.AdjustRet = false
	}
}

// assignAtOnce has all values of an assignment computed before the first
// variable changes: a, b = b, a is nothing but a = b in gopher-lua. They are
// kept in locals whose names no script can write.
func assignAtOnce(stmt *ast.AssignStmt) *ast.DoBlockStmt {
	values := &ast.LocalAssignStmt{Exprs: stmt.Rhs}
	fields := &ast.AssignStmt{}
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{values}}
	var variables []ast.Stmt
	for i, to := range stmt.Lhs {
		value := &ast.IdentExpr{Value: placeholder + strconv.Itoa(i)}
		value.SetLine(to.Line())
		values.Names = append(values.Names, value.Value)
		if _, ok := to.(*ast.IdentExpr); !ok { // its keys may be variables of this assignment
			fields.Lhs, fields.Rhs = append(fields.Lhs, to), append(fields.Rhs, value)
			continue
		}
		variable := &ast.AssignStmt{Lhs: []ast.Expr{to}, Rhs: []ast.Expr{value}}
		variable.SetLine(to.Line())
		variables = append(variables, variable)
	}
	if len(stmt.Lhs) == 1 || len(variables) == 0 {
		return nil
	}
	for _, made := range []ast.Stmt{values, fields, block} {
		made.SetLine(stmt.Line())
		made.SetLastLine(stmt.LastLine())
	}
	if len(fields.Lhs) > 0 {
		block.Stmts = append(block.Stmts, fields)
	}
	block.Stmts = append(block.Stmts, variables...)
	return block
}

// operands are those of a chain: a .. (b .. c) is the same as a .. b .. c.
func operands(chain *ast.StringConcatOpExpr) (list []ast.Expr) {
	for {
		list = append(list, chain.Lhs)
		rest, ok := chain.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			return append(list, chain.Rhs)
		}
		chain = rest
	}
}

// call is a call with these operands, each of which gives one value.
func (r *rewriting) call(operands []ast.Expr) *ast.FuncCallExpr {
	switch last := operands[len(operands)-1].(type) {
	case *ast.FuncCallExpr:
		last.AdjustRet = true
	case *ast.Comma3Expr:
		last.AdjustRet = true
	}
	callee := &ast.StringExpr{}
	call := &ast.FuncCallExpr{Func: callee, Args: operands}
	r.called = append(r.called, callee)
	callee.SetLine(operands[0].Line())
	call.SetLine(operands[0].Line())
	call.SetLastLine(operands[len(operands)-1].LastLine())
	return call
}

// link puts the function where the placeholder is.
func (r *rewriting) link(proto *lua.FunctionProto) {
	if len(r.called) == 0 {
		return
	}
	for i, constant := range proto.Constants {
		if constant == lua.LString(r.name) {
			proto.Constants[i] = concatFunction
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		r.link(inner)
	}
}
