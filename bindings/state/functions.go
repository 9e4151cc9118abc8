package state

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/value"
	"luahost/internal/store"
)

func (s *shelf) get(L *lua.LState, args manual.Values) int {
	item, found, err := s.state.Get(s.rt.Context(L), manual.Get[string](args, "key"))
	if err != nil {
		return s.refuse(L, "get", err)
	}
	if !found {
		v, _ := args["default"].(lua.LValue)
		if v == nil {
			v = lua.LNil
		}
		L.Push(v)
		return 1
	}
	charge(L, len(item.Value))
	v, err := value.Decode(L, item.Value)
	if err != nil {
		return s.refuse(L, "get", err)
	}
	L.Push(v)
	return 1
}

func (s *shelf) set(L *lua.LState, args manual.Values) int {
	s.mayWrite(L, "set")
	v, _ := args["value"].(lua.LValue)
	if v == nil {
		return s.delete(L, args)
	}
	if args["options"] == nil && isOptions(v) {
		s.raise(L, "set", manual.At("value", manual.Faultf("these are options, which come after the value: %s.set(key, value, {…})", s.name)))
	}
	data, err := value.Encode(v, store.MaxValue)
	charge(L, len(data))
	if err != nil {
		s.raise(L, "set", manual.At("value", faultOf(err)))
	}
	key, keep := manual.Get[string](args, "key"), keep(args)
	return s.change(L, "set", func(ctx context.Context) error {
		return s.state.Set(ctx, key, data, keep)
	}, func() lua.LValue { return lua.LTrue })
}

func (s *shelf) delete(L *lua.LState, args manual.Values) int {
	s.mayWrite(L, "delete")
	key := manual.Get[string](args, "key")
	return s.change(L, "delete", func(ctx context.Context) error {
		return s.state.Delete(ctx, key)
	}, func() lua.LValue { return lua.LTrue })
}

// maxWhole is the greatest number up to which every whole one is exact.
const maxWhole = 1 << 53

func (s *shelf) incr(L *lua.LState, args manual.Values) int {
	s.mayWrite(L, "incr")
	key, keep, by := manual.Get[string](args, "key"), keep(args), 1.0
	if given, ok := args["by"].(float64); ok {
		by = given
	}
	sum := make(chan float64, 1) // the change may outlast the handler
	return s.change(L, "incr", func(ctx context.Context) error {
		return s.state.Change(ctx, key, func(old *store.Item, now time.Time) (*store.Item, error) {
			item, n, err := added(key, old, by)
			if err != nil {
				return nil, err
			}
			if old == nil && keep > 0 {
				item.Expires = now.Add(keep)
			}
			sum <- n
			return item, nil
		})
	}, func() lua.LValue { return lua.LNumber(<-sum) })
}

// added is an item that by was added to.
func added(key string, old *store.Item, by float64) (*store.Item, float64, error) {
	item, n := &store.Item{}, 0.0
	if old != nil {
		var ok bool
		if n, ok = value.DecodeNumber(old.Value); !ok {
			return nil, 0, manual.Faultf("what is under %s is not a number", shown(key))
		}
		item.Expires = old.Expires
	}
	sum := n + by
	if !(math.Abs(sum) <= maxWhole) || math.Abs(sum) == maxWhole && sum-n != by { // which was rounded to it
		return nil, 0, manual.Faultf("what is under %s would be beyond 9007199254740992 (2^53), where numbers are not exact", shown(key))
	}
	item.Value = value.EncodeNumber(sum)
	return item, sum, nil
}

// shown is a key for an error, in which no phone number may stand.
func shown(key string) string {
	return strings.TrimPrefix(manual.ShownPerson(lua.LString(key)), "string ")
}

func (s *shelf) keys(L *lua.LState, args manual.Values) int {
	keys, err := s.state.Keys(s.rt.Context(L), manual.Get[string](args, "prefix"))
	if err != nil {
		return s.refuse(L, "keys", err)
	}
	list := L.CreateTable(len(keys), 0)
	bytes := 0
	for _, key := range keys {
		list.Append(lua.LString(key))
		bytes += len(key) + 2*bytesPaid
	}
	charge(L, bytes)
	L.Push(list)
	return 1
}

// keep is how long options say that something is kept, or 0.
func keep(args manual.Values) time.Duration {
	return manual.Get[time.Duration](manual.Get[manual.Values](args, "options"), "expires")
}

// isOptions says whether a value is what set takes after it.
func isOptions(v lua.LValue) bool {
	tb, ok := v.(*lua.LTable)
	if !ok || tb.RawGetString("expires") == lua.LNil {
		return false
	}
	first, _ := tb.Next(lua.LNil)
	second, _ := tb.Next(first)
	return second == lua.LNil
}

// faultOf is the mistake that Encode has found.
func faultOf(err error) error {
	var fault *value.Fault
	if errors.As(err, &fault) {
		return &manual.Fault{Path: fault.Path, Text: fault.Text}
	}
	return err
}
