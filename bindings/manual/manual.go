// Package manual is the one form in which the bindings describe what scripts
// see. Each module keeps its registry in it: the binding checks a script's
// arguments by an Entry's Params, docs/reference is generated from its words,
// and a test runs its example.
//
// It is called while a script's VM is locked, by whoever reads arguments. It
// raises nothing and knows neither Telegram nor calls.
package manual

import (
	lua "github.com/yuin/gopher-lua"
)

// Entry is a name that scripts see: a function, a field, an event, a condition.
type Entry struct {
	Name    string // as scripts write it, without what it belongs to: decline
	Gives   string // what it gives or is: "true, or nil and an error"
	Params  Params // what it takes
	Doc     string // Markdown; the first sentence also stands alone, in lists
	Example string // Lua, which a test runs
}

// Params are what a function takes in this order, or a table by these names.
type Params []Param

// Param is one of them.
type Param struct {
	Name     string
	Type     Type
	Optional bool
	Doc      string
}

// Type is what a value has to be.
type Type struct {
	// Words say what is wanted, after "expected": "a duration, such as 20 or "1h30m"".
	Words string
	// Fields are those of a table.
	Fields Params
	// Read gives the value for Go, or a *Fault.
	Read func(v lua.LValue) (any, error)
}

// Values are what was given, by the names of the Params.
type Values map[string]any

// Get gives a value, or the zero value where nothing was given.
func Get[T any](v Values, name string) T {
	t, _ := v[name].(T)
	return t
}

// Args reads the arguments of a function, which begin at index from of the stack.
func (p Params) Args(L *lua.LState, from int) (Values, error) {
	values, err := p.args(L, from)
	if err != nil && from == 1 {
		if colon := WithColon(L); colon != nil {
			return nil, colon
		}
	}
	return values, err
}

// WithColon is the mistake of calling a function of a module with a colon, store:get("x"),
// or nil. It is asked when the arguments are wrong.
func WithColon(L *lua.LState) error {
	module, ok := L.Get(1).(*lua.LTable)
	running, known := L.GetStack(0)
	if !ok || !known {
		return nil
	}
	fn, err := L.GetInfo("f", running, lua.LNil)
	if err != nil {
		return nil
	}
	const most = 16 // functions of a module
	name, member := module.Next(lua.LNil)
	for n := 0; name != lua.LNil && n < most; n++ {
		if member == fn {
			return Faultf("call it with a dot, not with a colon")
		}
		name, member = module.Next(name)
	}
	return nil
}

func (p Params) args(L *lua.LState, from int) (Values, error) {
	values := make(Values, len(p))
	for i, param := range p {
		if err := param.read(L.Get(from+i), values); err != nil {
			return nil, err
		}
	}
	if more := L.GetTop() - (from - 1) - len(p); more > 0 {
		return nil, Faultf("takes %s, got %d", p.count(), len(p)+more)
	}
	return values, nil
}

func (p Params) count() string {
	switch len(p) {
	case 0:
		return "no arguments"
	case 1:
		return "one argument"
	default:
		return lua.LNumber(len(p)).String() + " arguments"
	}
}

func (p Param) read(v lua.LValue, into Values) error {
	if v == lua.LNil {
		if p.Optional {
			return nil
		}
		return At(p.Name, Faultf("missing, expected %s", p.Type.Words))
	}
	value, err := p.Type.Read(v)
	if err != nil {
		return At(p.Name, err)
	}
	into[p.Name] = value
	return nil
}

// Names lists the params.
func (p Params) Names() []string {
	names := make([]string, len(p))
	for i, param := range p {
		names[i] = param.Name
	}
	return names
}
