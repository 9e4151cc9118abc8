package object_test

import (
	"fmt"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lamp is what the objects of the test hold.
type lamp struct{ on bool }

var lamps = object.Class[*lamp]{
	Name: "lamp",
	Fields: []object.Field[*lamp]{{
		Entry: manual.Entry{Name: "on"},
		Get:   func(_ *script.Runtime, _ *lua.LState, l *lamp) lua.LValue { return lua.LBool(l.on) },
	}},
	Methods: []object.Method[*lamp]{{
		Entry: manual.Entry{Name: "switch", Params: manual.Params{{Name: "on", Type: manual.Bool()}}},
		Do: func(_ *script.Runtime, _ *lua.LState, l *lamp, args manual.Values) int {
			l.on = manual.Get[bool](args, "on")
			return 0
		},
	}},
	String: func(l *lamp) string { return fmt.Sprintf("lamp, on: %v", l.on) },
}

func TestObject(t *testing.T) {
	held := []*lamp{{}, {}}
	s := scripttest.File(t, "testdata/object.lua", script.Options{Open: event.Open})
	for _, err := range s.Fire(t, script.Event{Name: "test", Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
		return []lua.LValue{lamps.Make(rt, L, held[0]), lamps.Make(rt, L, held[1])}
	}}) {
		if err != nil {
			t.Error(err)
		}
	}
	if !held[0].on || held[1].on {
		t.Errorf("the lamps are %v, %v", held[0].on, held[1].on)
	}
}
