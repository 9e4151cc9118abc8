package json_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/json"
	"luahost/bindings/log"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(rt *script.Runtime) {
	event.Open(rt)
	log.Open(rt)
	json.Open(rt, json.Options{Error: errorTable})
	rt.State().SetGlobal("LONGEST", lua.LNumber(lua.MaxArrayIndex-1)) // list
}

// errorTable has what scripts read of tl.Module.ErrorTable's.
func errorTable(L *lua.LState, function string, err error) *lua.LTable {
	e, _ := tgerr.As(err)
	table := L.NewTable()
	table.RawSetString("type", lua.LString(e.Type))
	table.RawSetString("message", lua.LString(e.Message))
	table.RawSetString("method", lua.LString(function))
	return table
}

func TestLua(t *testing.T) {
	s := scripttest.File(t, "testdata/json.lua", script.Options{Open: open})
	for _, name := range []string{"encode", "numbers", "decode", "pretty", "refused", "errors"} {
		t.Run(name, func(t *testing.T) { s.Check(t, name) })
	}
}

func TestBytesArePaidFor(t *testing.T) {
	s := scripttest.File(t, "testdata/json.lua", script.Options{Open: open})
	for _, name := range []string{"decodes", "encodes"} {
		if err := s.Fire(t, script.Event{Name: name})[0]; !errors.Is(err, sandbox.ErrInstructions) {
			t.Errorf("a handler that %s without end ends with %v", name, err)
		}
	}
}

// A text of JSON may be as long as any that a script makes.
func TestMaxSize(t *testing.T) {
	s, err := scripttest.Source(t, "a.lua", `
on("a", function()
  local text = '"' .. ("x"):rep(98) .. '"'
  assert(json.encode(json.decode(text)) == text)
  local v, err = json.decode(LONG)
  assert(v == nil and err.type == "TOO_LARGE" and err.message == "the text has 101 bytes, more than 100", err.message)
end)
on("b", function() pcall(json.encode, ("x"):rep(99)) end)
on("c", function() local wide = {} for i = 1, 40 do wide = {wide, wide} end pcall(json.encode, wide) end)`, script.Options{Open: func(rt *script.Runtime) {
		event.Open(rt)
		json.Open(rt, json.Options{Error: errorTable})
		rt.State().SetGlobal("LONG", lua.LString(strings.Repeat(" ", 101))) // as of a message or a web hook
	}, Limits: script.Limits{Limits: sandbox.Limits{String: 100}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Check(t, "a")
	for _, name := range []string{"b", "c"} {
		if err := s.Fire(t, script.Event{Name: name})[0]; !errors.Is(err, sandbox.ErrText) {
			t.Errorf("%s, one byte more and far more: %v", name, err)
		}
	}
}

func TestWhereAFaultIs(t *testing.T) {
	_, err := scripttest.Source(t, "a.lua", "\n\njson.encode({print})", script.Options{Open: open})
	if want := "a.lua:3: json.encode: value[1]: a function cannot be JSON"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestTablesOfOthers writes tables that have a metatable, by their fields, and an
// object of the host, not at all.
func TestTablesOfOthers(t *testing.T) {
	s, err := scripttest.Source(t, "a.lua", `
on("a", function(user)
  assert(json.encode(user) == '{"_":"user","id":5}', json.encode(user))
  local _, err = json.decode("x")
  assert(json.encode(err):find('"type":"JSON_INVALID"', 1, true), json.encode(err))
  local ok, fault = pcall(json.encode, {log = newproxy})
  assert(ok)
end)
on("b", function(_, object)
  local ok, fault = pcall(json.encode, {call = object})
  assert(fault:find("value.call: an object of the host cannot be JSON: give the fields that are wanted", 1, true), fault)
end)`, script.Options{Open: open})
	if err != nil {
		t.Fatal(err)
	}
	args := func(_ *script.Runtime, L *lua.LState) []lua.LValue {
		user := L.NewTable()
		user.RawSetString("_", lua.LString("user"))
		user.RawSetString("id", lua.LNumber(5))
		mt := L.NewTable()
		mt.RawSetString("__index", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LFalse); return 1 }))
		mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LString("user 5")); return 1 }))
		user.Metatable = mt
		return []lua.LValue{user, L.NewUserData()}
	}
	for _, name := range []string{"a", "b"} {
		for _, err := range s.Fire(t, script.Event{Name: name, Args: args}) {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// TestExamples runs the example of each entry with a call and a message as they
// need them.
func TestExamples(t *testing.T) {
	entries := json.Functions()
	for _, e := range append(entries, json.Fields()...) {
		t.Run(e.Name, func(t *testing.T) {
			s, err := scripttest.Source(t, "example.lua", e.Example, script.Options{Open: open})
			if err != nil {
				t.Fatal(err)
			}
			ran := 0
			for _, event := range []string{"call", "call.ended", "message"} {
				n := s.Dispatch(t.Context(), script.Event{Name: event, Args: thing})
				ran += n
				for _, err := range s.Wait(n) {
					if err != nil {
						t.Error(err)
					}
				}
			}
			if ran != 1 {
				t.Errorf("%d handlers ran", ran)
			}
		})
	}
}

// thing is a call and a message in one.
func thing(_ *script.Runtime, L *lua.LState) []lua.LValue {
	if err := L.DoString(`return {
  id = "588516572874907240", outcome = "missed", video = true, from = {id = 5, first_name = "Ann"},
  text = '{"items": [{"name": "tea", "count": 2}]}', reply = function() end,
}`); err != nil {
		panic(err)
	}
	return []lua.LValue{L.Get(-1)}
}
