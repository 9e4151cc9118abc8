package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"luahost/internal/nearest"
)

// Name is a name that a chunk uses, and where.
type Name struct {
	Chunk string
	Line  int
	Name  string
	Hint  string // what may have been meant, or why it is not there, or ""
}

// Undefined lists the globals that the added sources read and that nobody
// defines: neither these sources, nor the VM, nor known. Hints at misspelt names go by
// known, and by what these sources set, from then on. Each is listed once, and the code
// is let go. It is called on the budget of the load.
func (vm *VM) Undefined(known []string) []Name {
	reads, defined := map[string]Name{}, map[string]bool{}
	for _, proto := range vm.protos {
		globalsOf(proto, reads, defined)
	}
	vm.protos = nil
	for _, name := range slices.Concat(vm.known, known) {
		defined[name] = true
	}
	vm.known = slices.Collect(maps.Keys(defined))
	maps.Copy(defined, vm.globals())
	var list []Name
	for name, at := range reads {
		if !defined[name] && vm.lookUp(name) == lua.LNil {
			at.Hint = hint(name, nearest.Name(name, slices.Sorted(maps.Keys(defined))))
			list = append(list, at)
		}
	}
	slices.SortFunc(list, func(a, b Name) int {
		if c := strings.Compare(a.Chunk, b.Chunk); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return list
}

// assigns says whether a source of the VM sets a global of that name anywhere.
func (vm *VM) assigns(name string) bool {
	defined := map[string]bool{}
	for _, proto := range vm.protos {
		globalsOf(proto, map[string]Name{}, defined)
	}
	return defined[name] || slices.Contains(vm.known, name)
}

// left out of Lua's library on purpose, and why.
var left = map[string]string{
	"io":             "a script reaches no files; store keeps values",
	"os.remove":      "a script reaches no files",
	"os.rename":      "a script reaches no files",
	"os.tmpname":     "a script reaches no files",
	"os.execute":     "a script starts no programs",
	"os.exit":        "a script cannot end luahost",
	"os.getenv":      "a script does not see the environment",
	"os.setlocale":   "it would change all of luahost",
	"debug":          "a script does not see the inside of Lua",
	"collectgarbage": "luahost looks after the memory",
	"dofile":         "require loads files of the scripts folder",
	"loadfile":       "require loads files of the scripts folder",
	"package":        "require loads files of the scripts folder",
	"module":         "a module is a file that returns a table: see require",
	"getfenv":        "functions have no environments of their own here",
	"setfenv":        "functions have no environments of their own here",
}

const newer = "this is Lua 5.1, which has none"

// elsewhere are names that other versions of Lua have, and other languages, and what to
// write here.
var elsewhere = map[string]string{
	"utf8":           newer,
	"bit32":          newer,
	"bit":            newer,
	"string.pack":    newer,
	"string.unpack":  newer,
	"math.type":      newer,
	"math.tointeger": "write math.floor(x)",
	"table.move":     newer,
	"table.pack":     `write {n = select("#", ...), ...}`,
	"table.unpack":   "in Lua 5.1 it is unpack",
	"table.foreach":  "write for key, value in pairs(t) do … end",
	"rawlen":         "write #x",
	"warn":           "write log.warn(…)",
	"null":           "Lua writes nil",
	"None":           "Lua writes nil",
	"undefined":      "Lua writes nil",
	"True":           "Lua writes true",
	"False":          "Lua writes false",
	"len":            "the length of x is #x",
	"str":            "write tostring(x)",
	"int":            "write math.floor(x), or tonumber(x) of a text",
	"float":          "write tonumber(x)",
	"parseInt":       "write tonumber(x)",
	"parseFloat":     "write tonumber(x)",
	"range":          "write for i = 1, n do … end",
	"printf":         "write print(string.format(…))",
	"console":        "write print(…)",
	"try":            "write pcall(function() … end)",
	"exit":           "write return",
	"wait":           "write sleep(…)",
	"os.sleep":       "write sleep(…)",
	"setTimeout":     "write after(seconds, function() … end)",
	"math.round":     "write math.floor(x + 0.5)",
	"call":           "a handler gets it: function(call) … end",
}

// hint is what to say of a name that is nil: why it is not there, or that near may have
// been meant, or nothing.
func hint(name, near string) string {
	switch why := cmp.Or(left[name], elsewhere[name]); {
	case why != "":
		return why
	case near != "":
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// lookUp is the value of a global, for which a metamethod of a script may run.
func (vm *VM) lookUp(name string) lua.LValue {
	L := vm.state
	get := L.NewFunction(func(L *lua.LState) int {
		L.Push(L.GetGlobal(name))
		return 1
	})
	if err := L.CallByParam(lua.P{Fn: get, NRet: 1, Protect: true}); err != nil {
		return lua.LTrue // not known, so it is not said to be undefined
	}
	defer L.Pop(1)
	return L.Get(-1)
}

// globals are the names of the globals that the VM has now.
func (vm *VM) globals() map[string]bool { return fields(vm.state.G.Global) }

func fields(table *lua.LTable) map[string]bool {
	names := map[string]bool{}
	table.ForEach(func(k, _ lua.LValue) {
		if name, ok := k.(lua.LString); ok {
			names[string(name)] = true
		}
	})
	return names
}

// globalsOf reads from code which globals it reads and which it sets.
func globalsOf(proto *lua.FunctionProto, reads map[string]Name, defined map[string]bool) {
	for pc, inst := range proto.Code {
		op, constant := int(inst>>26), int(inst&0x3ffff)
		if op != lua.OP_GETGLOBAL && op != lua.OP_SETGLOBAL {
			continue
		}
		name := proto.Constants[constant].String()
		if op == lua.OP_SETGLOBAL {
			defined[name] = true
		} else if _, ok := reads[name]; !ok {
			reads[name] = Name{Chunk: proto.SourceName, Line: proto.DbgSourcePositions[pc], Name: name}
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		globalsOf(inner, reads, defined)
	}
}

// visit calls see for every node of a syntax tree.
func visit(tree any, see func(node any)) { visitValue(reflect.ValueOf(tree), see) }

func visitValue(v reflect.Value, see func(node any)) {
	switch v.Kind() {
	case reflect.Interface:
		visitValue(v.Elem(), see)
	case reflect.Slice:
		for i := range v.Len() {
			visitValue(v.Index(i), see)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			see(v.Interface())
			visitValue(v.Elem(), see)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanInterface() {
				visitValue(field, see)
			}
		}
	}
}

// declare adds the local names that a node declares.
func declare(node any, names map[string]bool) {
	var list []string
	switch n := node.(type) {
	case *ast.LocalAssignStmt:
		list = n.Names
	case *ast.NumberForStmt:
		list = []string{n.Name}
	case *ast.GenericForStmt:
		list = n.Names
	case *ast.FunctionExpr:
		list = n.ParList.Names
	}
	for _, name := range list {
		names[name] = true
	}
}

// value is what a name like log.info stands for, read without running Lua; ok
// is false if that cannot be said, as of locals.
func (vm *VM) value(name string, declared map[string]bool) (v lua.LValue, ok bool) {
	v = vm.state.G.Global
	for i, part := range strings.Split(name, ".") {
		table, is := v.(*lua.LTable)
		if !is || i == 0 && declared[part] || strings.ContainsAny(part, "[]():") {
			return nil, false
		}
		v = table.RawGetString(part)
	}
	return v, true
}

// holds says whether a name certainly is not what the error is about.
func (vm *VM) holds(name string, declared map[string]bool, kind faultKind) bool {
	v, ok := vm.value(name, declared)
	if !ok || v == lua.LNil {
		return false
	}
	_, callable := v.(*lua.LFunction)
	return callable || !kind.calls
}

// near is the name that may have been meant by one that is nil.
func (vm *VM) near(name string, declared map[string]bool) string {
	of, last := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		of, last = name[:i], name[i+1:]
	}
	if strings.ContainsAny(last, "[]():") || of == "" && declared[last] {
		return ""
	}
	if of == "" {
		known := vm.globals()
		maps.Copy(known, declared)
		for _, name := range vm.known {
			known[name] = true
		}
		return nearest.Name(last, slices.Sorted(maps.Keys(known)))
	}
	v, ok := vm.value(of, declared)
	table, is := v.(*lua.LTable)
	if !ok || !is {
		return ""
	}
	if near := nearest.Name(last, slices.Sorted(maps.Keys(fields(table)))); near != "" {
		return of + "." + near
	}
	return ""
}

// maxListed is how many names of a table are listed.
const maxListed = 12

// has lists what the table has that a name is looked up in, or which the name is of.
func (vm *VM) has(name string, declared map[string]bool) string {
	v, ok := vm.value(name, declared)
	table, is := v.(*lua.LTable)
	if i := strings.LastIndexByte(name, '.'); i >= 0 && !is {
		name = name[:i]
		v, ok = vm.value(name, declared)
		table, is = v.(*lua.LTable)
	}
	if !ok || !is || table == vm.state.G.Global {
		return ""
	}
	names := slices.Sorted(maps.Keys(fields(table)))
	if len(names) == 0 || len(names) > maxListed || slices.ContainsFunc(names, func(name string) bool { return !word.MatchString(name) }) {
		return ""
	}
	return name + " has " + strings.Join(names, ", ")
}

var word = regexp.MustCompile(`^[A-Za-z]\w{0,30}$`)
