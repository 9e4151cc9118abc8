// Package json lets scripts read and write JSON: json.encode, json.decode, and
// what Lua has no word for (json.null, json.array, json.number). bindings/http
// reads and writes by Encode and Decode.
//
// It runs on the goroutine of whoever calls it, under the VM's lock, and keeps
// for each VM the one null and the one metatable of lists. What it does is paid
// for in instructions of the script.
package json

import (
	"errors"
	"fmt"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// functions are what scripts see in the table json, beside null.
var functions = []function{
	{manual.Entry{
		Name: "encode", Gives: "a string",
		Params: manual.Params{
			{Name: "value", Type: anything(), Doc: "a table, a text, a number, true, false or `json.null`"},
			{Name: "options", Type: manual.Table("a table such as {pretty = true}", encodeOptions), Optional: true, Doc: "how it is written"},
		},
		Doc: encodeDoc,
		Example: `on("call.ended", function(call)
  log.info(json.encode{outcome = call.outcome, from = {id = call.from.id, name = call.from.first_name}, tags = json.array{}})
end)`,
	}, (*module).encode},
	{manual.Entry{
		Name: "decode", Gives: "what the text says, or nil and an error",
		Params: manual.Params{{Name: "text", Type: text(), Doc: "the whole of one value"}},
		Doc:    decodeDoc,
		Example: `on("message", function(message)
  local order, err = json.decode(message.text)
  if not order then return log.info("no order", {err = tostring(err)}) end
  for i, item in ipairs(order.items) do log.info("ordered", {item = item.name, count = item.count}) end
end)`,
	}, (*module).decode},
	{manual.Entry{
		Name: "array", Gives: "the table",
		Params: manual.Params{{Name: "list", Type: tableType(), Optional: true, Doc: "a list; left out, a new empty one"}},
		Doc:    "Marks a table as a list, so that it is written as `[]` when it is empty. Lists that `json.decode` gives are marked.",
		Example: `on("call", function(call)
  local tags = json.array{}
  if call.video then table.insert(tags, "video") end
  log.info(json.encode{tags = tags})
end)`,
	}, (*module).array},
	{manual.Entry{
		Name: "number", Gives: "a value for `json.encode`",
		Params: manual.Params{{Name: "digits", Type: digits(), Doc: "a number as JSON writes it, such as `\"588516572874907240\"` or `\"0.10\"`"}},
		Doc:    "A number that is written digit by digit as given. Lua's own numbers are exact up to 9007199254740991 (2^53-1), which is why ids in Telegram's tables are strings; where another program wants such an id as a number, this writes it.",
		Example: `on("call.ended", function(call)
  log.info(json.encode{call_id = json.number(call.id)})
end)`,
	}, (*module).number},
}

// Fields describes json.null for the manual.
func Fields() []manual.Entry {
	return []manual.Entry{{
		Name: "null", Gives: "a value that is not nil",
		Doc: "JSON's `null`. A table cannot hold a nil, so `json.decode` gives this where a null stands, and `json.encode` writes it. It is not false: compare it. `store` keeps none.",
		Example: `on("message", function(message)
  local order = json.decode('{"note": null}')
  if order.note == json.null then message:reply("Without a note.") end
end)`,
	}}
}

var encodeOptions = manual.Params{
	{Name: "pretty", Type: manual.Bool(), Optional: true, Doc: "one line for each value, indented by two spaces"},
}

const encodeDoc = "Writes a value as JSON. The names of an object are sorted, so that equal values give equal texts.\n\n" +
	"- A table whose keys are 1, 2, 3… is a list, one whose keys are texts is an object. An empty table is an object unless `json.array` marks it. Holes, and numbers beside texts, are errors that name the place.\n" +
	"- Whole numbers up to 9007199254740991 are written digit by digit, others in the shortest form that gives the same number back. NaN and the infinite are errors. A string stays a string, also one of digits: `json.number` writes those as a number.\n" +
	"- Tables of Telegram and error tables are written as plain tables, as `pairs` lists them. Functions and objects such as a call are errors, and so are tables within themselves or deeper than 100, text that is not UTF-8, and results longer than a string may be (`limits.string` of the configuration, usually 1 MiB)."

const decodeDoc = "Reads JSON.\n\n" +
	"- Whole numbers beyond 9007199254740991 (2^53-1) become strings of their digits, so that none is lost, which is how Telegram's tables have them; numbers with a fraction or an exponent are numbers.\n" +
	"- `null` is `json.null`. Of a name that comes twice the last one counts.\n" +
	"- What is no JSON gives an error of type `JSON_INVALID`, whose message has the line and the column. Texts longer than a string may be (`limits.string`), 100 levels, 65,536 tables, or 65,535 elements of a list give `TOO_LARGE`."

type function struct {
	manual.Entry
	do func(m *module, L *lua.LState, args manual.Values) int
}

// Options of Open. Error is required.
type Options struct {
	// Error makes the error table of a *tgerr.Error, as tl.Module.ErrorTable does.
	Error func(L *lua.LState, function string, err error) *lua.LTable
}

// module is what Open gave to one VM.
type module struct {
	Options
	maxSize int // bytes of a text, read or written
	null    *lua.LUserData
	list    *lua.LTable // the metatable of lists
	written *lua.LTable // that of null and of numbers
}

const registryKey = "luahost/bindings/json"

// Open installs the module.
func Open(rt *script.Runtime, o Options) {
	L := rt.State()
	m := &module{Options: o, maxSize: rt.MaxString(), null: L.NewUserData(), list: L.NewTable(), written: written(L)}
	m.null.Metatable = m.written
	m.null.Value = nullValue{}
	held := L.NewUserData()
	held.Value = m
	L.G.Registry.RawSetString(registryKey, held)

	table := L.CreateTable(0, len(functions)+1)
	for _, f := range functions {
		table.RawSetString(f.Name, L.NewFunction(func(L *lua.LState) int {
			return f.do(m, L, object.Args(L, "json.", f.Name, f.Params))
		}))
	}
	table.RawSetString("null", m.null)
	L.SetGlobal("json", table)
}

// Functions describes the functions for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range functions {
		entries = append(entries, f.Entry)
	}
	return entries
}

// Encode is json.encode for other bindings, in a VM that Open was called for. Its
// error is a *manual.Fault, which names the place in v.
func Encode(L *lua.LState, v lua.LValue) (string, error) {
	return moduleOf(L).encoded(L, v, false)
}

// Decode is json.decode for other bindings. Its error is a *tgerr.Error for an
// error table.
func Decode(L *lua.LState, text string) (lua.LValue, error) {
	return moduleOf(L).decoded(L, text)
}

func moduleOf(L *lua.LState) *module {
	return L.G.Registry.RawGetString(registryKey).(*lua.LUserData).Value.(*module)
}

func (m *module) encode(L *lua.LState, args manual.Values) int {
	options := manual.Get[manual.Values](args, "options")
	text, err := m.encoded(L, args["value"].(lua.LValue), manual.Get[bool](options, "pretty"))
	if err != nil {
		L.RaiseError("json.encode: %v", manual.At("value", err))
	}
	L.Push(lua.LString(text))
	return 1
}

func (m *module) encoded(L *lua.LState, v lua.LValue, pretty bool) (string, error) {
	e := encoder{m: m, budget: sandbox.BudgetOf(L), pretty: pretty}
	err := e.value(v)
	if over := e.pay(); over != nil {
		L.RaiseError("%v", over)
	}
	if errors.Is(err, errTooLong) || len(e.out) > m.maxSize {
		sandbox.Exceed(L, fmt.Errorf("%w: the JSON would be longer than %d bytes (limits.string)", sandbox.ErrText, m.maxSize))
	}
	return string(e.out), err
}

func (m *module) decode(L *lua.LState, args manual.Values) int {
	v, err := m.decoded(L, manual.Get[string](args, "text"))
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Error(L, "json.decode", err))
		return 2
	}
	L.Push(v)
	return 1
}

func (m *module) decoded(L *lua.LState, text string) (lua.LValue, error) {
	if len(text) > m.maxSize {
		return nil, &tgerr.Error{Type: "TOO_LARGE", Message: manual.Faultf("the text has %d bytes, more than %d", len(text), m.maxSize).Text}
	}
	d := decoder{m: m, L: L, text: text}
	v, err := d.whole()
	sandbox.BudgetOf(L).Charge(d.at/bytesPaid + valuePaid*d.values)
	if err != nil {
		return nil, d.told(err)
	}
	return v, nil
}

// What bytes and values cost a script: as many instructions as Lua could run in
// the time that they take.
const (
	bytesPaid = 16 // bytes for an instruction
	valuePaid = 3  // instructions for a value
	tablePaid = 10 // values for a table
)

func (m *module) array(L *lua.LState, args manual.Values) int {
	list := manual.Get[*lua.LTable](args, "list")
	if list == nil {
		list = L.NewTable()
	}
	if list.Metatable != lua.LNil && list.Metatable != m.list {
		L.RaiseError("json.array: list: expected a plain table, got one with a metatable")
	}
	list.Metatable = m.list
	L.Push(list)
	return 1
}

func (m *module) number(L *lua.LState, args manual.Values) int {
	digits := manual.Get[string](args, "digits")
	sandbox.BudgetOf(L).Charge(len(digits) / bytesPaid)
	v := L.NewUserData()
	v.Value, v.Metatable = numberValue(digits), m.written
	L.Push(v)
	return 1
}

// nullValue and numberValue are what the userdata hold, and print as.
type (
	nullValue   struct{}
	numberValue string
)

func (nullValue) String() string { return "null" }

func (n numberValue) String() string { return string(n) }

// written is the metatable of a userdata that prints as it is written.
func written(L *lua.LState) *lua.LTable {
	mt := L.CreateTable(0, 2)
	mt.RawSetString("__metatable", lua.LFalse)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(L.CheckUserData(1).Value.(fmt.Stringer).String()))
		return 1
	}))
	return mt
}

func anything() manual.Type {
	return manual.Type{Words: "a value", Read: func(v lua.LValue) (any, error) { return v, nil }}
}

func text() manual.Type {
	return manual.Type{Words: "a string", Read: func(v lua.LValue) (any, error) {
		s, ok := v.(lua.LString)
		if !ok {
			return nil, manual.Faultf("expected a string, got %s", manual.Shown(v))
		}
		return string(s), nil
	}}
}

func tableType() manual.Type {
	return manual.Type{Words: "a table", Read: func(v lua.LValue) (any, error) {
		t, ok := v.(*lua.LTable)
		if !ok {
			return nil, manual.Faultf("expected a table, got %s", manual.Shown(v))
		}
		return t, nil
	}}
}

func digits() manual.Type {
	words := `a number in a string, such as "588516572874907240"`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		s, ok := v.(lua.LString)
		if _, end := scanNumber(string(s), 0); !ok || end != len(s) || len(s) > maxDigits {
			return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
		}
		return string(s), nil
	}}
}

// maxDigits is the longest json.number: of any double, or 256-bit integer.
const maxDigits = 1100
