package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// maxModules is how many modules a script may ask for, those included that do
// not exist: all of them are looked at whenever the folder has changed.
const maxModules = 1000

// modules are those of one VM. Its lock guards them.
type modules struct {
	from      *reading              // where they are read, while the script loads
	loaded    map[string]lua.LValue // what each returned, by path
	chain     []string              // names of those that are being run, the script first
	contents  contents              // complete once loaded
	unsettled bool                  // one was being written
}

// openRequire installs require.
func (rt *Runtime) openRequire() {
	rt.State().SetGlobal("require", rt.State().NewFunction(rt.require))
}

// require(name) runs a module, once in a VM and only while the script loads, and
// gives what it returned.
func (rt *Runtime) require(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if !ok {
		L.RaiseError("require: the module's name must be a string, got %s", L.Get(1).Type())
	}
	name := string(text)
	file, err := modulePath(name)
	if err != nil {
		L.RaiseError("require(%s): %v", quoted(name), err)
	}
	value, ok := rt.modules.loaded[file]
	if !ok {
		value = rt.runModule(L, name, rt.module(L, name, file))
		rt.modules.loaded[file] = value
	}
	L.Push(value)
	return 1
}

// module finds a module that was not loaded yet.
func (rt *Runtime) module(L *lua.LState, name, file string) *module {
	set := &rt.modules
	switch {
	case !rt.loading:
		L.RaiseError("require(%s): modules are loaded with the script; require this one at its top", quoted(name))
	case slices.Contains(set.chain, name):
		circle := append(set.chain[slices.Index(set.chain, name):], name)
		L.RaiseError("require(%s): the modules wait for each other: %s", quoted(name), strings.Join(circle, " -> "))
	case set.contents.modules[file] == "" && len(set.contents.modules) == maxModules:
		L.RaiseError("require(%s): more than %d modules", quoted(name), maxModules)
	}
	sandbox.BudgetOf(L).Charge(1000) // reading and compiling take their time
	m := set.from.module(file)
	set.contents.modules[file] = m.digest()
	switch {
	case m.err == nil:
		return m
	case errors.Is(m.err, errMissing):
		L.RaiseError("require(%s): there is no %s in the scripts folder%s", quoted(name), file, rt.missing(name))
	case errors.Is(m.err, errUnsettled):
		set.unsettled = true
		L.RaiseError("require(%s): %s %v", quoted(name), file, m.err)
	default:
		L.RaiseError("require(%s): %v", quoted(name), m.err)
	}
	return nil
}

// missing says what may have been meant.
func (rt *Runtime) missing(name string) string {
	if _, ok := rt.State().G.Global.RawGetString(name).(*lua.LTable); ok {
		return fmt.Sprintf("; %s is there without require", name)
	}
	return rt.modules.from.hint(name)
}

// runModule runs a module. What it raises passes through, with the module's own
// file and line.
func (rt *Runtime) runModule(L *lua.LState, name string, m *module) lua.LValue {
	proto, err := m.code()
	if err != nil {
		rt.vm.AddSource(m.name, m.source, nil)
		L.Error(lua.LString(err.Error()), 0)
	}
	set := &rt.modules
	depth := len(set.chain)
	set.chain = append(set.chain, name)
	defer func() { set.chain = set.chain[:depth] }()
	rt.vm.AddSource(m.name, m.source, proto)
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(lua.LString(name))
	L.Call(1, 1)
	value := L.Get(-1)
	L.Pop(1)
	if value == lua.LNil {
		return lua.LTrue
	}
	return value
}

// quoted gives a name as an error text shows it.
func quoted(name string) string {
	const most = 60
	if len(name) > most {
		return fmt.Sprintf("%q…", name[:most])
	}
	return fmt.Sprintf("%q", name)
}

// CallerPlace is the file, a script's or a module's, and the line of Lua that
// called the Go function that runs on L. Code that was made from text counts
// as the line that runs it, and on("call", print) as its own.
func CallerPlace(L *lua.LState) (file string, line int) {
	rt := RuntimeOf(L)
	for level := 1; ; level++ {
		frame, ok := L.GetStack(level)
		if !ok {
			line = CallerLine(L)
			if h := taskOf(L).handler; line == 0 && h != nil {
				return h.file, h.line
			}
			return rt.script, line
		}
		if _, err := L.GetInfo("Sl", frame, lua.LNil); err == nil && frame.CurrentLine > 0 && rt.has(frame.Source) {
			return frame.Source, frame.CurrentLine
		}
	}
}

// has says whether a file is one of the script's.
func (rt *Runtime) has(file string) bool {
	_, ok := rt.modules.contents.modules[file]
	return ok || file == rt.script
}
