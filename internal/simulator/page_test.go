package simulator

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// docs/simulator.md is made of the table of methods and of the comments in the
// sources.

const pageFile = "../../docs/simulator.md"

var write = flag.Bool("write", false, "write docs/simulator.md instead of comparing it")

func TestThePageIsCurrent(t *testing.T) {
	page := renderPage(t)
	if *write {
		if err := os.WriteFile(pageFile, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page) {
		t.Errorf("%s is out of date: run go generate in internal/simulator", pageFile)
	}
}

func renderPage(t *testing.T) []byte {
	var b bytes.Buffer
	src := readSource(t, ".")
	fmt.Fprint(&b, `# What the embedded Telegram knows

<!-- Made by go generate in internal/simulator; the sources are methods.go and the comments beside them. -->

`+"`luahost demo`, `luahost sim`"+` and the tests talk to an embedded Telegram, written from
[Telegram's documentation](https://core.telegram.org). This page is all that it knows: what is not
here is refused. Each entry follows the page that it links; where that page says nothing, the entry
says "our choice".

## Methods

| method | for | errors that its page lists | errors that are our choice |
| --- | --- | --- | --- |
`)
	known := methods()
	names := slices.Sorted(maps.Keys(known))
	for _, name := range names {
		m := known[name]
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", name, pageOf(name), audience(m.who),
			errorList(m.refusals, false), errorList(m.refusals, true))
	}

	fmt.Fprint(&b, "\n## Errors of every method\n\n| error | when | source |\n| --- | --- | --- |\n")
	for _, r := range general() {
		fmt.Fprintf(&b, "| %d `%s` | %s | %s |\n", r.code, r.name, r.when, sourceOf(r))
	}
	fmt.Fprint(&b, "| 420 `FLOOD_WAIT_n` and any other | a test has ordered it (`Telegram.Inject`) | [errors](https://core.telegram.org/api/errors#420-flood) |\n")

	fmt.Fprint(&b, "\n## Timeouts\n\n| what | how long | source |\n| --- | --- | --- |\n")
	for _, d := range callTimeouts(t, src) {
		fmt.Fprintf(&b, "| a call waits %s | `%s`, %s | [help.getConfig](https://core.telegram.org/constructor/config); that Telegram keeps it as well as the clients is our choice |\n",
			d.what, d.field, short(d.long))
	}
	for _, c := range src.constants(t) {
		if c.duration {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.what, short(time.Duration(c.value)), c.source)
		}
	}

	fmt.Fprint(&b, "\n## Limits\n\n| what | most | source |\n| --- | --- | --- |\n")
	for _, c := range src.constants(t) {
		if !c.duration {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", c.what, c.value, c.source)
		}
	}

	fmt.Fprint(&b, "\n## What each method does here\n")
	handlers := src.handlers(t)
	for _, name := range names {
		fmt.Fprintf(&b, "\n**%s** %s\n", name, src.says(t, handlers[name]))
	}
	return b.Bytes()
}

func pageOf(method string) string { return "https://core.telegram.org/method/" + method }

func audience(a access) string {
	return map[access]string{anybody: "anybody", userOrBot: "users and bots", usersAlone: "users"}[a]
}

func errorList(refusals []refusal, ours bool) string {
	var words []string
	for _, r := range refusals {
		if r.ours == ours {
			words = append(words, fmt.Sprintf("%d `%s`", r.code, r.name))
		}
	}
	return strings.Join(words, ", ")
}

func sourceOf(r refusal) string {
	if r.ours {
		return "our choice"
	}
	return "[errors](https://core.telegram.org/api/errors)"
}

func short(d time.Duration) string {
	s := d.String()
	for _, zeros := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zeros) {
			s = s[:len(s)-2]
		}
	}
	return s
}

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
