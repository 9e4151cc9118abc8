package simulator

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the page takes from the sources: comments, constants and tables.

type callTimeout struct {
	field, what string
	long        time.Duration
}

// callTimeouts are the fields of Timeouts, with their defaults and comments.
func callTimeouts(t *testing.T, src source) (list []callTimeout) {
	var defaults Timeouts
	defaults.setDefaults()
	values := reflect.ValueOf(defaults)
	for _, field := range src.structure(t, "Timeouts").Fields.List {
		name := field.Names[0].Name
		what, _, _ := strings.Cut(strings.TrimSpace(field.Comment.Text()), ";")
		list = append(list, callTimeout{
			field: "call_" + strings.ToLower(name) + "_timeout_ms",
			what:  what, long: time.Duration(values.FieldByName(name).Int()),
		})
	}
	return list
}

// source is the package as it is written.
type source struct {
	fset  *token.FileSet
	files []*ast.File
}

func readSource(t *testing.T, dir string) source {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := source{fset: token.NewFileSet()}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, dir+"/"+e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
	}
	return s
}

// says is what stands above a function, as a sentence without its name.
func (s source) says(t *testing.T, function string) string {
	t.Helper()
	for _, f := range s.files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == function {
				return sentence(t, function, d.Doc)
			}
		}
	}
	t.Errorf("there is no function %s", function)
	return ""
}

func sentence(t *testing.T, name string, doc *ast.CommentGroup) string {
	t.Helper()
	text, found := strings.CutPrefix(strings.Join(strings.Fields(doc.Text()), " "), name+" ")
	if !found {
		t.Errorf("%s has no comment that begins with its name", name)
		return ""
	}
	text = strings.TrimPrefix(text, "is ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// handlers are the functions of the table of methods, by the method.
func (s source) handlers(t *testing.T) map[string]string {
	t.Helper()
	handlers := map[string]string{}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			entry, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			call, ok := entry.Value.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			name, named := entry.Key.(*ast.BasicLit)
			if handler, ok := call.Args[1].(*ast.SelectorExpr); ok && named {
				handlers[strings.Trim(name.Value, `"`)] = handler.Sel.Name
			}
			return true
		})
	}
	return handlers
}

func (s source) structure(t *testing.T, name string) *ast.StructType {
	t.Helper()
	for _, f := range s.files {
		if o := f.Scope.Lookup(name); o != nil {
			if spec, ok := o.Decl.(*ast.TypeSpec); ok {
				return spec.Type.(*ast.StructType)
			}
		}
	}
	t.Fatalf("there is no type %s", name)
	return nil
}

// limit is a constant that bounds something.
type limit struct {
	what, source string
	value        int64
	duration     bool
}

// constants are the durations and the limits (max…) that the package has names
// for. Their comments must say where they come from.
func (s source) constants(t *testing.T) (list []limit) {
	t.Helper()
	for _, f := range s.files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				spec := spec.(*ast.ValueSpec)
				name := spec.Names[0].Name
				value, duration, ok := evaluate(spec)
				if !ok || !duration && !strings.HasPrefix(name, "max") {
					continue
				}
				doc := spec.Doc
				if doc == nil {
					doc = d.Doc
				}
				what := sentence(t, name, doc)
				list = append(list, limit{what, origin(t, name, what), value, duration})
			}
		}
	}
	slices.SortFunc(list, func(a, b limit) int { return cmp.Compare(a.what, b.what) })
	return list
}

// bounds are all such constants of the transport, whose comments may be about
// several, and speak of bytes or of pieces; what links no page is our choice.
func (s source) bounds() (list []limit) {
	for _, f := range s.files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				spec := spec.(*ast.ValueSpec)
				name := spec.Names[0].Name
				value, duration, ok := evaluate(spec)
				if !ok || !duration && !strings.HasPrefix(name, "max") {
					continue
				}
				doc := spec.Doc
				if doc == nil && !d.Lparen.IsValid() {
					doc = d.Doc
				}
				what := strings.Join(strings.Fields(doc.Text()), " ")
				if !strings.Contains(what, name) {
					what = strings.TrimSpace(name + ": " + what)
				}
				from := "our choice"
				if at := strings.Index(what, "https://core.telegram.org"); at >= 0 {
					from = strings.TrimRight(strings.Fields(what[at:])[0], ".,;:)")
				}
				list = append(list, limit{strings.TrimSuffix(what, ":"), from, value, duration})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b limit) int { return cmp.Compare(a.what, b.what) })
	return list
}

func (l limit) much() string {
	if l.duration {
		return short(time.Duration(l.value))
	}
	return fmt.Sprint(l.value)
}

// services are the messages in the server's table of that name.
func (s source) services() (names []string) {
	word := regexp.MustCompile(`([a-z])([A-Z])|([A-Z])([A-Z][a-z])`)
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Names[0].Name != "services" || len(spec.Values) != 1 {
				return true
			}
			for _, entry := range spec.Values[0].(*ast.CompositeLit).Elts {
				name := types.ExprString(entry.(*ast.KeyValueExpr).Key)
				name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "mt."), "TypeID"), "Request")
				names = append(names, strings.ToLower(word.ReplaceAllString(name, "${1}${3}_${2}${4}")))
			}
			return false
		})
	}
	slices.Sort(names)
	return names
}

// evaluate computes numbers and durations that are written as literals.
func evaluate(spec *ast.ValueSpec) (value int64, duration, ok bool) {
	if len(spec.Values) != 1 {
		return 0, false, false
	}
	text := types.ExprString(spec.Values[0])
	for unit, long := range map[string]time.Duration{"time.Hour": time.Hour, "time.Minute": time.Minute, "time.Second": time.Second, "time.Millisecond": time.Millisecond} {
		if strings.Contains(text, unit) {
			text, duration = strings.ReplaceAll(text, unit, fmt.Sprint(int64(long))), true
		}
	}
	v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, text)
	if err != nil || v.Value == nil || v.Value.Kind() != constant.Int {
		return 0, false, false
	}
	value, exact := constant.Int64Val(v.Value)
	return value, duration, exact
}

func origin(t *testing.T, name, what string) string {
	t.Helper()
	if at := strings.Index(what, "https://core.telegram.org"); at >= 0 {
		return strings.TrimRight(strings.FieldsFunc(what[at:], func(r rune) bool { return r == ' ' || r == ')' })[0], ".,;:")
	}
	if !strings.Contains(strings.ToLower(what), "our choice") {
		t.Errorf("the comment of %s says neither which page it follows nor that it is our choice", name)
	}
	return "our choice"
}

// refusals are the errors that the functions refuse with, each once. One that is
// put together, FloodWait, is not among them: only tests order it.
func (s source) refusals() (list []string) {
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			name := types.ExprString(call.Fun)
			code, isCode := call.Args[0].(*ast.BasicLit)
			typ, isName := call.Args[1].(*ast.BasicLit)
			if (name == "Refuse" || name == "simulator.Refuse") && isCode && isName {
				list = append(list, code.Value+" "+strings.Trim(typ.Value, `"`))
			}
			return true
		})
	}
	slices.Sort(list)
	return slices.Compact(list)
}
