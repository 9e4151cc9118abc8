package rule

import (
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
)

// condition is one that a script can put into `when`.
type condition struct {
	manual.Entry
	takes manual.Type
	// compile makes the test of a value that takes has read. Nil: the value only
	// changes how others are read (tz).
	compile func(value any, s *scope) test
}

// test looks at the facts of a call, in Go and without waiting for a VM.
type test func(*facts) verdict

// verdict is what a test found.
type verdict struct {
	answer answer
	name   string // of the condition that said no
	saw    string // why, in a person's words
	err    error  // it could not be found out
}

type answer uint8

const (
	not answer = iota
	yes
	open // a function of the script has to be called
)

var held = verdict{answer: yes}

func no(saw string) verdict { return verdict{saw: saw} }

// words are a refusal as the trace has it: between: 14:05 is outside 22:00–07:00.
func (v verdict) words() string { return v.name + ": " + v.saw }

// group is a table of conditions, compiled.
type group struct {
	tests          []named
	sparesContacts bool         // a whole `when` without from
	matches        []lua.LValue // the functions of match anywhere in it
}

type named struct {
	name string
	test test
}

// test says whether all conditions hold. Without a VM, f.match being nil, what
// depends on a match is open; all that may have to be asked for beyond it has
// been asked for then, so that the same test within the VM waits for nothing.
func (g *group) test(f *facts) verdict {
	if g.sparesContacts && f.call.From().Contact {
		return verdict{name: "from", saw: "is a contact; the rule names no from, so it leaves contacts alone"}
	}
	result := held
	for i := range g.tests {
		v := g.tests[i].test(f)
		switch {
		case v.err != nil || v.answer == not:
			v.name = g.tests[i].name
			return v
		case v.answer == open:
			result = v
		}
	}
	return result
}

// reading is what is known while a rule is read.
type reading struct {
	rule     *Rule
	accounts func() []string
	now      time.Time
	around   *scope // of the table around this one; nil: none
	depth    int    // tables around this one
}

// maxDepth is how deep tables of conditions may lie within each other. One that
// contains itself has no end.
const maxDepth = 16

// scope is what the conditions of one table know of each other, and leave for
// the table around it.
type scope struct {
	rule    *Rule
	zone    *time.Location // nil: the machine's
	night   *interval      // the between that days go by; nil: none
	from    bool           // there is a from in it
	matches []lua.LValue   // functions of match
	clock   bool           // something goes by the clock
}

// whenType reads a whole `when`, as a *group.
func whenType(r reading) manual.Type {
	words := "a table of conditions"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		tb, ok := v.(*lua.LTable)
		if !ok {
			return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
		}
		g, s, err := readGroup(r, tb)
		if err != nil {
			return nil, err
		}
		g.sparesContacts = !s.from
		return g, nil
	}}
}

// groupsType reads the list of any, all and none.
func groupsType(r reading) manual.Type {
	item := manual.Type{Words: "a table of conditions", Read: func(v lua.LValue) (any, error) {
		tb, ok := v.(*lua.LTable)
		if !ok {
			return nil, manual.Faultf("expected a table of conditions, got %s", manual.Shown(v))
		}
		if key, _ := tb.Next(lua.LNil); key == lua.LNil {
			return nil, manual.Faultf("an empty table says nothing, leave it out")
		}
		g, s, err := readGroup(r, tb)
		if err != nil {
			return nil, err
		}
		s.leave(r.around)
		return g, nil
	}}
	return manual.ListOf("a list of tables of conditions, {{…}, {…}}", item, false)
}

// leave tells the table around what is in this one.
func (s *scope) leave(around *scope) {
	around.from = around.from || s.from
	around.matches = append(around.matches, s.matches...)
	around.clock = around.clock || s.clock
}

// readGroup compiles a table of conditions. The zone and the hours come first:
// days, and the tables within, go by them.
func readGroup(r reading, tb *lua.LTable) (*group, *scope, error) {
	s := &scope{rule: r.rule}
	if r.depth++; r.depth > maxDepth {
		return nil, nil, manual.Faultf("tables of conditions are nested more than %d deep", maxDepth)
	}
	if r.around != nil {
		s.zone, s.night = r.around.zone, r.around.night
	}
	r.around = s
	known := conditions(r)
	if err := checkNames(tb, known); err != nil {
		return nil, nil, err
	}
	if err := s.readClock(tb); err != nil {
		return nil, nil, err
	}
	g := &group{}
	for _, c := range known {
		v := tb.RawGetString(c.Name)
		if v == lua.LNil || c.compile == nil {
			continue
		}
		value, err := c.takes.Read(v)
		if err != nil {
			return nil, nil, manual.At(c.Name, err)
		}
		g.tests = append(g.tests, named{c.Name, c.compile(value, s)})
	}
	if !s.clock && tb.RawGetString("tz") != lua.LNil {
		return nil, nil, manual.At("tz", manual.Faultf("nothing here goes by the clock: there is neither between nor days"))
	}
	g.matches = s.matches
	return g, s, nil
}

// checkNames refuses what is no condition.
func checkNames(tb *lua.LTable, known []condition) error {
	names := make([]string, len(known))
	for i, c := range known {
		names[i] = c.Name
	}
	for key, _ := tb.Next(lua.LNil); key != lua.LNil; key, _ = tb.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			return manual.Faultf("expected conditions by name, got the key %s", manual.Shown(key))
		}
		if !slices.Contains(names, string(name)) {
			return manual.Unknown("condition", string(name), names)
		}
	}
	return nil
}

// readClock takes tz and between out of a table ahead of the rest.
func (s *scope) readClock(tb *lua.LTable) error {
	if v := tb.RawGetString("tz"); v != lua.LNil {
		zone, err := manual.Zone().Read(v)
		if err != nil {
			return manual.At("tz", err)
		}
		s.zone = zone.(*time.Location)
	}
	if v := tb.RawGetString("between"); v != lua.LNil {
		night, err := betweenType().Read(v)
		if err != nil {
			return manual.At("between", err)
		}
		s.night = night.(*interval)
	}
	return nil
}
