package timer

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/nearest"
	"luahost/internal/schedule"
	"luahost/internal/script"
	"luahost/internal/store"
)

// eventPrefix and a timer's name are the event that its handlers wait for.
const eventPrefix = "timer."

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
	made := false
	defer func() {
		if !made { // Callback has raised
			t.Stop()
		}
	}()
	callback = m.rt.Callback(L, r.kind, r.fn, !spec.Repeats(), func() { t.Stop() })
	made = true
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
	m.block(L, "after", func() { h.id, err = m.Engine.Keep(n) })
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
