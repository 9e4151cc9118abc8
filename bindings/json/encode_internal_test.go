package json

import (
	"context"
	"errors"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/sandbox"
)

// TestEncodingEnds has a handler end while a value is written: what is left of the
// value is not looked at, however little text it would make.
func TestEncodingEnds(t *testing.T) {
	vm := sandbox.New(sandbox.Options{})
	defer vm.Close()
	list, empty := &lua.LTable{Metatable: lua.LNil}, &lua.LTable{Metatable: lua.LNil}
	for range 1000 {
		list.Append(empty)
	}
	for name, ended := range map[string]bool{"goes on": false, "has ended": true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if ended {
			cancel()
		}
		budget := vm.Budget(ctx, nil)
		e := encoder{m: &module{maxSize: 1 << 20}, budget: &budget}
		err := e.value(list)
		if ended != errors.Is(err, context.Canceled) || ended != (e.tables == payEvery) {
			t.Errorf("%s: %v after %d tables", name, err, e.tables)
		}
	}
}
