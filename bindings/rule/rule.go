// Package rule is the declarative way to decide about calls: rule NAME {when=…,
// action=…, priority=…}. A rule is read while its script loads; what is wrong
// with it is an error there. For each incoming call the host runs Ask on a
// goroutine of its own, which puts the call to the rules one at a time and says
// in the call's trace what each answered.
//
// `when` is data, so that a rule is tested in Go, without its VM and without
// waiting for it; only a condition of the script's own, match, is called in Lua.
// conditions.go lists the conditions. The package sends nothing to Telegram: what
// a condition must ask for comes by Facts.
package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// Functions describes rule for the manual.
func Functions() []manual.Entry { return []manual.Entry{functions} }

var functions = manual.Entry{
	Name: "rule", Gives: "nothing",
	Params: manual.Params{
		{Name: "when", Type: manual.Type{Words: "a table of conditions"}, Optional: true, Doc: "when the rule applies: all conditions in the table have to hold. Without it, whenever somebody rings who is no contact"},
		{Name: "action", Type: manual.Function("a function that gets the call"), Doc: "what to do then; called with the call"},
		{Name: "priority", Type: manual.Number(), Optional: true, Doc: "rules with a higher one are asked first; 0 if left out"},
	},
	Doc:     ruleDoc,
	Example: ruleExample,
}

const ruleDoc = "Decides about incoming calls: `rule NAME {when=…, action=…, priority=…}`. It is written at the top of a script, not in a handler, and each name is used once in a script.\n\n" +
	"When somebody rings, the rules of all scripts are asked one at a time: by priority, then by the name of the file, then in their order in the file. A rule whose `when` does not hold, that fails, or whose action decides nothing passes on to the next. Asking stops as soon as somebody has decided with `call:decline`, `call:accept` or `call:ignore`, a handler of `on(\"call\")` included, or when the call is over. An action that takes its time holds up the next rule for two seconds at most (`decide_within` in the configuration; what rules have used up shortens the time of those that follow, so that all together hold up a call for twice as long; a rule that was late for two calls is not waited for until it has been in time once, the next time twice, then four times, and a thousand times at most; fifty calls for which it is waited for and in time halve that), and may still decide after that, as long as the call rings and nobody else has. Where nobody decides, the phone rings on.\n\n" +
	"**A rule whose `when` names no `from` leaves contacts alone.** Anywhere in it counts, also within `any`, `all` and `none`. To decide about everybody, write `from = \"anyone\"`.\n\n" +
	"`luahost trace last` shows what each rule answered, and why one did not act."

const ruleExample = `rule "night" {
  when   = {from = "stranger", between = {"22:00", "07:00"}},
  action = function(call)
    call:decline("busy")
    call:reply("I'm asleep. Leave me a message and I'll call back.")
  end,
}`

// Event is the name that rules are registered under, for script.Pin.
const Event = "rule"

// maxName is the longest name of a rule, in bytes.
const maxName = 64

// Rule is one rule of one generation of a script; it does not change.
type Rule struct {
	Name     string
	Priority float64
	when     *group
	rings    time.Duration // the longest window of repeated; 0: none

	late   atomic.Int32 // for how many calls it was late, since it was in time
	lapses atomic.Int32 // how often it came to be not waited for, less what it has made up for
	made   atomic.Int32 // for how many calls it was waited for and in time, since the last lapse
	owes   atomic.Int32 // in how many calls it has to be in time to be waited for again
}

// String is the rule's name: what the tag of a handler prints as is whose rule it is.
func (r *Rule) String() string { return r.Name }

// Options of Open.
type Options struct {
	// Accounts names those of the host. Nil: `account` takes any name.
	Accounts func() []string
}

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	L := rt.State()
	lines := map[string]int{} // of the rules so far, by name
	named := map[int]string{} // those without a table, by line
	rt.AtLoaded(func() error {
		for _, line := range slices.Sorted(maps.Keys(named)) {
			return fmt.Errorf("%s:%d: rule %q: its table is missing: rule %q {when=…, action=…}", rt.Script(), line, named[line], named[line])
		}
		return nil
	})
	L.SetGlobal("rule", L.NewFunction(func(L *lua.LState) int {
		name := checkName(rt, L)
		begun := script.CallerLine(L)
		named[begun] = name
		L.Push(L.NewFunction(func(L *lua.LState) int {
			if !rt.Loading() {
				L.RaiseError("rule %q: rules are written at the top of a script, not in a handler", name)
			}
			if line, twice := lines[name]; twice {
				L.RaiseError("rule %q: there is one already, in line %d", name, line)
			}
			r, action, err := read(rt, L, name, o)
			if err != nil {
				L.RaiseError("rule %q: %v", name, err)
			}
			lines[name] = script.CallerLine(L)
			delete(named, begun)
			rt.Register(L, Event, r.handler(rt, L, action), r)
			return 0
		}))
		return 1
	}))
}

func checkName(rt *script.Runtime, L *lua.LState) string {
	name, ok := L.Get(1).(lua.LString)
	switch {
	case !ok || name == "":
		L.RaiseError("rule: expected a name, as in rule \"night\" {…}, got %s", manual.Shown(L.Get(1)))
	case len(name) > maxName || strings.ContainsFunc(string(name), func(r rune) bool { return r < ' ' }):
		L.RaiseError("rule: a name has at most %d bytes, on one line", maxName)
	case L.GetTop() > 1:
		L.RaiseError("rule %q: write rule %q {…}, without a comma", string(name), string(name))
	case !rt.Loading():
		L.RaiseError("rule %q: rules are written at the top of a script, not in a handler", string(name))
	}
	return string(name)
}

// read makes a rule of its table.
func read(rt *script.Runtime, L *lua.LState, name string, o Options) (*Rule, *lua.LFunction, error) {
	tb, ok := L.Get(1).(*lua.LTable)
	if !ok {
		return nil, nil, manual.Faultf("expected a table {when=…, action=…, priority=…}, got %s", manual.Shown(L.Get(1)))
	}
	if err := pay(sandbox.BudgetOf(L), tb.RawGetString("when"), 2*maxDepth); err != nil {
		L.RaiseError("%v", err)
	}
	for _, c := range conditions(reading{}) {
		if tb.RawGetString(c.Name) != lua.LNil {
			return nil, nil, manual.Faultf("%s is a condition, and stands in when: when = {%s = …}", c.Name, c.Name)
		}
	}
	r := &Rule{Name: name}
	params := append(manual.Params{}, functions.Params...)
	params[0].Type = whenType(reading{rule: r, accounts: o.Accounts, now: rt.Clock().Now()})
	values, err := params.Table(tb)
	if err != nil {
		return nil, nil, err
	}
	if r.when = manual.Get[*group](values, "when"); r.when == nil {
		r.when = &group{sparesContacts: true}
	}
	r.Priority = manual.Get[float64](values, "priority")
	return r, manual.Get[*lua.LFunction](values, "action"), nil
}

// valuePaid is how many instructions a value among the conditions costs: some 100
// bytes, and a look at it in each call.
const valuePaid = 50

// pay has the script pay for what is in its conditions, for each place where it
// stands: one list may stand in a thousand tables, and these in a thousand others.
// The error is why the script has to end.
func pay(b *sandbox.Budget, v lua.LValue, depth int) error {
	tb, ok := v.(*lua.LTable)
	if !ok || depth == 0 {
		return nil
	}
	var err error
	tb.ForEach(func(_, v lua.LValue) {
		if err == nil {
			b.Charge(valuePaid)
			err = pay(b, v, depth-1)
		}
	})
	if err == nil {
		b.Poll()
		err = b.Err()
	}
	return err
}

// handler is what runs in the VM: the action, after what is left to test in Lua.
func (r *Rule) handler(rt *script.Runtime, L *lua.LState, action *lua.LFunction) *lua.LFunction {
	if len(r.when.matches) == 0 {
		return action
	}
	test := func(L *lua.LState) int {
		a, view := rt.Context(L).Value(askedKey{}).(*asked), L.Get(1)
		a.facts.match = func(fn *lua.LFunction) bool {
			L.Push(fn)
			L.Push(view)
			L.Call(1, 1)
			holds := L.ToBool(-1)
			L.Pop(1)
			return holds
		}
		if v := r.when.test(&a.facts); v.answer != yes {
			a.refused = v.words()
			return 0
		}
		a.matched()
		L.Push(action)
		L.Push(view)
		L.Call(1, 0)
		return 0
	}
	return L.NewClosure(test, append([]lua.LValue{action}, r.when.matches...)...) // which shows whoever measures what they hold
}

type askedKey struct{}

// withAsked has the handler of a rule find what is asked.
func withAsked(ctx context.Context, a *asked) context.Context {
	return context.WithValue(ctx, askedKey{}, a)
}

// ordinal is 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	default:
		return fmt.Sprintf("%dth", n)
	}
}
