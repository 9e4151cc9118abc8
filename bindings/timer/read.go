package timer

import (
	"errors"
	"regexp"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/value"
	"luahost/internal/sandbox"
	"luahost/internal/schedule"
	"luahost/internal/store"
)

// maxData is how many bytes of data a named timer may have.
const maxData = 16 << 10

const skipMissed time.Duration = 0

// What a script pays for work that Go does for it, in instructions: for each timer,
// and one for so many bytes.
const (
	timerPaid = 100
	bytesPaid = 64
)

// request is what a script asked for: what is a function, or else name is set.
type request struct {
	kind   string // the function that was called
	when   any    // the first argument
	fn     *lua.LFunction
	name   string
	data   []byte
	option manual.Values
}

// read reads the arguments of one of the four functions, or raises.
func (m *module) read(L *lua.LState, e manual.Entry) request {
	if m.Engine == nil {
		L.RaiseError("%s: there are no timers here", e.Name)
	}
	sandbox.BudgetOf(L).Charge(timerPaid)
	params := e.Params
	if _, ok := L.Get(2).(*lua.LFunction); ok { // the options come third
		params = slices.Delete(slices.Clone(params), 2, 3)
	}
	args, err := params.Args(L, 1)
	if err != nil {
		L.RaiseError("%s: %v", e.Name, err)
	}
	r := request{kind: e.Name, when: args[params[0].Name], option: manual.Get[manual.Values](args, "options")}
	switch what := args["what"].(type) {
	case *lua.LFunction:
		r.fn = what
		if _, given := r.option["missed"]; given || r.option != nil && (e.Name == "after" || e.Name == "every") {
			L.RaiseError("%s: options.missed: a function is gone when luahost ends and is never missed: give a name instead", e.Name)
		}
	case string:
		r.name = what
		r.data = m.encode(L, e, args)
	}
	return r
}

// encode gives the data of a named timer as bytes, or raises.
func (m *module) encode(L *lua.LState, e manual.Entry, args manual.Values) []byte {
	data, ok := args["data"].(lua.LValue)
	if !ok {
		return nil
	}
	if tb, ok := data.(*lua.LTable); ok && args["options"] == nil && looksLikeOptions(tb, e.Params) {
		L.RaiseError("%s: data: these are options, which come after the data: %s(…, %q, nil, {…})", e.Name, e.Name, args["what"])
	}
	bytes, err := value.Encode(data, maxData)
	if err != nil {
		var fault *value.Fault
		if errors.As(err, &fault) {
			err = manual.At("data", &manual.Fault{Path: fault.Path, Text: fault.Text})
		}
		L.RaiseError("%s: %v", e.Name, err)
	}
	sandbox.BudgetOf(L).Charge(len(bytes) / bytesPaid)
	return bytes
}

// looksLikeOptions says whether a table has fields of options only.
func looksLikeOptions(tb *lua.LTable, params manual.Params) bool {
	known := params[len(params)-1].Type.Fields.Names()
	n := 0
	for key, _ := tb.Next(lua.LNil); key != lua.LNil; key, _ = tb.Next(key) {
		if name, ok := key.(lua.LString); !ok || !slices.Contains(known, string(name)) {
			return false
		}
		n++
	}
	return n > 0
}

var names = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func nameType() manual.Type {
	words := `a name of up to 64 letters, digits, ".", "_" and "-", such as "call-back"`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		if s, ok := v.(lua.LString); ok && names.MatchString(string(s)) {
			return string(s), nil
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}

func whatType() manual.Type {
	name := nameType()
	words := "a function, or " + name.Words
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		if fn, ok := v.(*lua.LFunction); ok {
			return fn, nil
		}
		if s, err := name.Read(v); err == nil {
			return s, nil
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}

func dataType() manual.Type {
	return manual.Type{Words: "a value to keep: a table, text, a number or a boolean", Read: func(v lua.LValue) (any, error) { return v, nil }}
}

// missedType reads how late a timer may run, as schedule.Named has it.
func missedType() manual.Type {
	words := `"run", "skip" or a duration such as "1h"`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		switch v {
		case lua.LString("run"):
			return store.MissedRun, nil
		case lua.LString("skip"):
			return skipMissed, nil
		}
		if d, err := manual.ReadDuration(v); err == nil && d <= schedule.MaxAhead {
			return d, nil
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}
