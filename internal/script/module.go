package script

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/nearest"
	"luahost/internal/sandbox"
)

const (
	maxModuleName = 200  // bytes
	maxListed     = 2000 // files that are looked at to find the nearest name
)

// errMissing is a module whose file does not exist.
var errMissing = errors.New("does not exist")

// modulePath is the file, below the scripts folder, of the module that a script
// requires by name: lib/people.lua for lib.people.
func modulePath(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("the name is empty")
	case len(name) > maxModuleName:
		return "", fmt.Errorf("the name is longer than %d bytes", maxModuleName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == ':' || r == '\\' }):
		return "", errors.New("the name has a letter that names of modules cannot have")
	case strings.HasPrefix(name, "/") || strings.Contains(name, ".."):
		return "", errors.New("a module is a file in the scripts folder; nothing else can be reached")
	case strings.Contains(name, "/"):
		return "", fmt.Errorf("folders are divided by dots: %q", strings.ReplaceAll(strings.TrimSuffix(name, ".lua"), "/", "."))
	case strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."):
		return "", errors.New("the name begins or ends with a dot")
	}
	return strings.ReplaceAll(name, ".", "/") + ".lua", nil
}

// moduleName is the name of the module that a file is.
func moduleName(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(file, ".lua"), "/", ".")
}

// moduleOf is file unless it is the script itself.
func moduleOf(script, file string) string {
	if file == script {
		return ""
	}
	return file
}

// reading is the modules as they are at one moment: each file is read once, and
// compiled once, for all the scripts that are loaded from it. It belongs to
// whoever holds Host.reloading.
type reading struct {
	root    *os.Root // nothing outside of it can be opened, by no path and no link
	limit   int      // of a file's bytes
	modules map[string]*module
	names   []string // of all modules in the folder; nil until somebody asks
}

// module is what was found under a path.
type module struct {
	file
	compiled bool
	proto    *lua.FunctionProto
	fault    error // of compiling
}

func newReading(dir string, limit int) (*reading, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	return &reading{root: root, limit: limit, modules: map[string]*module{}}, nil
}

func (r *reading) close() { r.root.Close() }

// module gives the file of a module, which may have an error instead of a source.
func (r *reading) module(file string) *module {
	m := r.modules[file]
	if m == nil {
		m = &module{}
		m.name = file
		m.source, m.err = r.read(file)
		r.modules[file] = m
	}
	return m
}

func (r *reading) read(file string) (string, error) {
	source, err := readSettled(r.root.Stat, r.root.Open, file, r.limit)
	switch {
	case err == nil && len(source) > r.limit:
		return "", fmt.Errorf("%s: longer than the limit of %d bytes (limits.source)", file, r.limit)
	case err == nil, errors.Is(err, errUnsettled):
		return source, err
	case errors.Is(err, fs.ErrNotExist) && !r.isLink(file):
		return "", errMissing
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: a link to a file that does not exist", file)
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("%s: permission denied", file)
	case strings.Contains(err.Error(), "escapes"): // the error of os.Root has no name
		return "", fmt.Errorf("%s: a link that leads out of the scripts folder, or an absolute one", file)
	default:
		return "", fmt.Errorf("%s: %w", file, cause(err))
	}
}

// cause is an error of the system without the call and the path that failed.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (r *reading) isLink(file string) bool {
	info, err := r.root.Lstat(file)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// code compiles a module.
func (m *module) code() (*lua.FunctionProto, error) {
	if !m.compiled {
		m.compiled = true
		m.proto, m.fault = sandbox.Compile(m.name, m.source)
	}
	return m.proto, m.fault
}

// hint is the end of a sentence about a module that does not exist.
func (r *reading) hint(name string) string {
	if bare, ok := strings.CutSuffix(name, ".lua"); ok {
		return fmt.Sprintf(" (modules are named without .lua: %q)", bare)
	}
	if r.names == nil {
		r.names = []string{}
		seen := 0
		_ = fs.WalkDir(r.root.FS(), ".", func(file string, entry fs.DirEntry, err error) error {
			if seen++; err != nil || seen > maxListed {
				return fs.SkipAll
			}
			switch base := path.Base(file); {
			case entry.IsDir() && file != "." && strings.HasPrefix(base, "."):
				return fs.SkipDir
			case !entry.IsDir() && isScript(base):
				r.names = append(r.names, moduleName(file))
			}
			return nil
		})
	}
	return nearest.Hint(name, r.names)
}

// contents is what a generation is made of.
type contents struct {
	main    string            // digest of the script's own file
	modules map[string]string // digests, or why there is none, by path
}

// now is what the same files hold in a reading. ok is false while one of them is
// being written.
func (c contents) now(main file, r *reading) (now contents, ok bool) {
	now = contents{main: main.digest(), modules: map[string]string{}}
	ok = true
	for file := range c.modules {
		m := r.module(file)
		now.modules[file] = m.digest()
		ok = ok && !errors.Is(m.err, errUnsettled)
	}
	return now, ok
}

func (c contents) equal(d contents) bool {
	return c.main == d.main && maps.Equal(c.modules, d.modules)
}

// emptyDigest is that of a file with nothing in it.
var emptyDigest = file{}.digest()

// generation is what the contents are called in logs.
func (c contents) generation() string {
	if len(c.modules) == 0 {
		return c.main[:8]
	}
	sum := sha256.New()
	sum.Write([]byte(c.main))
	for _, file := range slices.Sorted(maps.Keys(c.modules)) {
		fmt.Fprintf(sum, "\n%s %s", c.modules[file], file)
	}
	return hex.EncodeToString(sum.Sum(nil))[:8]
}
