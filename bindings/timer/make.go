package timer

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/value"
	"luahost/internal/nearest"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// maxData is how many bytes of data a named timer may have.
const maxData = 16 << 10

const skipMissed time.Duration = 0

// eventPrefix and a timer's name are the event that its handlers wait for.
const eventPrefix = "timer."

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

func (m *module) after(L *lua.LState) int {
	r := m.read(L, afterEntry)
	spec, err := schedule.After(r.when.(time.Duration))
	if err != nil {
		L.RaiseError("after: delay: %v", err)
	}
	if r.fn != nil {
		return m.unnamed(L, r, spec)
	}
	return m.keep(L, r, spec)
}

func (m *module) every(L *lua.LState) int {
	r := m.read(L, everyEntry)
	spec, err := schedule.Every(r.when.(time.Duration))
	if err != nil {
		L.RaiseError("every: period: %v", err)
	}
	return m.repeating(L, r, spec)
}

func (m *module) daily(L *lua.LState) int {
	r := m.read(L, dailyEntry)
	return m.repeating(L, r, schedule.Daily(r.when.(int), manual.Get[manual.Week](r.option, "days"), m.zone(r)))
}

func (m *module) cron(L *lua.LState) int {
	r := m.read(L, cronEntry)
	spec, err := schedule.Cron(r.when.(string), m.zone(r))
	if err != nil {
		L.RaiseError("cron: expression: %v", err)
	}
	return m.repeating(L, r, spec)
}

func (m *module) zone(r request) *time.Location {
	if zone := manual.Get[*time.Location](r.option, "tz"); zone != nil {
		return zone
	}
	return m.Location
}

func (m *module) repeating(L *lua.LState, r request, spec schedule.Spec) int {
	if r.fn != nil {
		return m.unnamed(L, r, spec)
	}
	return m.declareNamed(L, r, spec)
}

// unnamed makes a timer of a function.
func (m *module) unnamed(L *lua.LState, r request, spec schedule.Spec) int {
	h := &handle{}
	var callback *script.Callback
	t, err := m.Engine.Unnamed(schedule.Owner{Script: m.rt.Script(), VM: m.rt}, spec, func(_ schedule.Firing, ended func()) bool {
		return callback.Start(func(rt *script.Runtime, L *lua.LState) []lua.LValue {
			return []lua.LValue{h.make(rt, L)}
		}, func(script.Run) { ended() })
	})
	if err != nil {
		L.RaiseError("%s: %v", r.kind, err)
	}
	callback = m.rt.Callback(L, r.kind, r.fn, !spec.Repeats(), func() { t.Stop() })
	h.module, h.timer, h.callback = m, t, callback
	if m.rt.Loading() {
		m.starts = append(m.starts, t) // which AtLive starts
	} else {
		t.Start()
	}
	L.Push(h.make(m.rt, L))
	return 1
}

// keep makes a named timer that runs once.
func (m *module) keep(L *lua.LState, r request, spec schedule.Spec) int {
	if m.rt.Loading() {
		L.RaiseError("after: a timer with a name is made in a handler, not while the script loads, or each reload would make one more")
	}
	if events := m.rt.Events(); !slices.Contains(events, eventPrefix+r.name) {
		L.RaiseError("after: nothing in this script handles %q%s: write on(%q, function(timer) … end)",
			eventPrefix+r.name, hint(r.name, events), eventPrefix+r.name)
	}
	n := schedule.Named{
		Script: m.rt.Script(), Name: r.name, Spec: spec, Missed: store.MissedRun, Data: r.data, Account: m.Account(m.rt.Context(L)),
	}
	if missed, ok := r.option["missed"].(time.Duration); ok {
		n.Missed = missed
	}
	h := &handle{module: m, name: r.name, data: r.data}
	var err error
	m.block(L, "after", func() { h.id, h.due, err = m.Engine.Keep(n) })
	var many *schedule.TooManyError
	if errors.As(err, &many) {
		L.RaiseError("after: %v", err)
	}
	if err != nil {
		return m.fail(L, "after", err)
	}
	L.Push(h.make(m.rt, L))
	return 1
}

// declared is a named timer that repeats.
type declared struct {
	schedule.Named
	line int
}

// declareNamed makes a named timer that repeats, which begins when the script has
// taken over.
func (m *module) declareNamed(L *lua.LState, r request, spec schedule.Spec) int {
	if !m.rt.Loading() {
		L.RaiseError("%s: a timer with a name is written at the top of the script, not in a handler", r.kind)
	}
	line := script.CallerLine(L)
	for _, d := range m.declared {
		if d.Name == r.name {
			L.RaiseError("%s: there is a timer %q already, in line %d", r.kind, r.name, d.line)
		}
	}
	if len(m.declared) >= m.Engine.Limit {
		L.RaiseError("%s: %v", r.kind, &schedule.TooManyError{Script: m.rt.Script(), Timers: len(m.declared)})
	}
	n := schedule.Named{Script: m.rt.Script(), Name: r.name, Spec: spec, Missed: manual.Get[time.Duration](r.option, "missed"), Data: r.data}
	m.declared = append(m.declared, declared{n, line})
	h := &handle{module: m, name: r.name, data: r.data, declared: true, spec: spec}
	L.Push(h.make(m.rt, L))
	return 1
}

// check warns of timers that nothing handles, when the script has loaded.
func (m *module) check() error {
	events := m.rt.Events()
	for _, d := range m.declared {
		if !slices.Contains(events, eventPrefix+d.Name) {
			m.rt.Log().Warn("timer does nothing: nothing in the script handles it"+hint(d.Name, events), "line", d.line, "event", eventPrefix+d.Name)
		}
	}
	return nil
}

// hint names the timer that is handled and spelt most like one that is not.
func hint(name string, events []string) string {
	var known []string
	for _, event := range events {
		if timer, ok := strings.CutPrefix(event, eventPrefix); ok {
			known = append(known, timer)
		}
	}
	return nearest.Hint(name, known)
}

// fail pushes nil and an error table.
func (m *module) fail(L *lua.LState, method string, err error) int {
	L.Push(lua.LNil)
	L.Push(m.ErrorTable(L, method, &tgerr.Error{Type: "DATABASE", Message: err.Error()}))
	return 2
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
