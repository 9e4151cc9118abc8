package json_test

import (
	std "encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/json"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// endless lets a handler read and write for as long as a benchmark wants.
var endless = script.Limits{Limits: sandbox.Limits{Instructions: 1 << 50, Time: time.Hour}}

// within runs fn in a handler of a VM.
func within(t testing.TB, fn func(L *lua.LState)) func(testing.TB) {
	s, err := scripttest.Source(t, "a.lua", `on("run", function() end)`, script.Options{Open: open, Limits: endless})
	if err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB) {
		for _, err := range s.Fire(t, script.Event{Name: "run", Args: func(_ *script.Runtime, L *lua.LState) []lua.LValue { fn(L); return nil }}) {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// FuzzJSON reads whatever text as the standard library does, or not at all, and
// what it has read comes back the same.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,"x\u00e4\ud83d\ude00\n",null,true,{}],"b":[]}`, `[9007199254740991,9007199254740993,1e400,0.1]`,
		`"\ud800"`, "\"\xff\"", "[1,]", "{\"a\":1,\"a\":2}", "", "nul", "-0", "[[[[]]]]", `"\u0000"`,
	} {
		f.Add(seed)
	}
	var text string
	var err error
	run := within(f, func(L *lua.LState) { err = check(L, text) })
	f.Fuzz(func(t *testing.T, given string) {
		text = given
		if run(t); err != nil {
			t.Error(err)
		}
	})
}

func check(L *lua.LState, text string) error {
	v, err := json.Decode(L, text)
	var want any
	read := std.NewDecoder(strings.NewReader(text))
	read.UseNumber()
	valid := std.Valid([]byte(text)) && utf8.ValidString(text)
	if valid {
		if err := read.Decode(&want); err != nil {
			return err
		}
	}
	if err != nil {
		refusal, _ := tgerr.As(err)
		if valid && refusal.Type != "TOO_LARGE" && !strings.HasSuffix(refusal.Message, "the number is out of range") {
			return fmt.Errorf("%q is JSON: %s", text, refusal.Message)
		}
		return nil
	}
	if !valid {
		return fmt.Errorf("%q is no JSON and was read", text)
	}
	if got := plain(v); !reflect.DeepEqual(got, exact(want)) {
		return fmt.Errorf("%q reads %#v, want %#v", text, got, exact(want))
	}
	written, err := json.Encode(L, v)
	if err != nil {
		return fmt.Errorf("%q cannot be written again: %v", text, err)
	}
	again, err := json.Decode(L, written)
	if err != nil || !reflect.DeepEqual(plain(again), plain(v)) {
		return fmt.Errorf("%q is written as %q: %v", text, written, err)
	}
	return nil
}

// plain is a Lua value as the standard library has it.
func plain(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LBool:
		return bool(v)
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		return string(v)
	case *lua.LTable:
		list, object := []any{}, map[string]any{}
		v.ForEach(func(k, v lua.LValue) {
			if name, ok := k.(lua.LString); ok {
				object[string(name)] = plain(v)
			} else {
				list = append(list, plain(v))
			}
		})
		if v.Metatable != lua.LNil {
			return list
		}
		return object
	}
	return nil
}

// exact gives numbers as the binding does: as a float64 where that is exact or
// the text has a fraction or an exponent.
func exact(v any) any {
	switch v := v.(type) {
	case std.Number:
		f, _ := v.Float64()
		if !strings.ContainsAny(v.String(), ".eE") && math.Abs(f) > 1<<53-1 {
			return v.String()
		}
		return f
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, exact(item))
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, item := range v {
			object[name] = exact(item)
		}
		return object
	}
	return v
}
