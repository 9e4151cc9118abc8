package value_test

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/value"
)

// FuzzDecode gives bytes that may be anything: nothing panics, memory is bounded,
// and what is a value stays the same one.
func FuzzDecode(f *testing.F) {
	L := lua.NewState()
	f.Cleanup(L.Close)
	for _, expression := range []string{
		`nil`, `true`, `1`, `1.5`, `"text"`, `{}`, `{1, 2, x = {y = "z"}}`, `{[131071] = 1, [777000] = true, [-1] = 0/0}`,
	} {
		data, err := value.Encode(evaluate(f, L, expression), limit)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\x01\x06\xff\xff\xff\xff\x0f\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := value.Decode(L, data)
		runtime.ReadMemStats(&after)
		if most := uint64(32<<20 + 400*len(data)); after.TotalAlloc-before.TotalAlloc > most {
			t.Errorf("%d bytes took %d", len(data), after.TotalAlloc-before.TotalAlloc)
		}
		if text := value.Text(data, 80); len(text) > 83 {
			t.Errorf("shown in %d bytes", len(text))
		}
		if err != nil || len(data) > limit {
			return
		}
		again, err := value.Encode(v, 1<<17-1)
		if err != nil {
			t.Fatalf("%q was a value: %v", data, err)
		}
		if back, err := value.Decode(L, again); err != nil || !same(v, back) {
			t.Errorf("%q is %v, %v the second time", data, back, err)
		}
	})
}

// FuzzRoundTrip makes a value of the bytes that it is given.
func FuzzRoundTrip(f *testing.F) {
	L := lua.NewState()
	f.Cleanup(L.Close)
	f.Add([]byte("stn\x07{1k2}"))
	f.Fuzz(func(t *testing.T, seed []byte) {
		v := build(L, &seed, 0)
		data, err := value.Encode(v, limit)
		if err != nil {
			return // too large, or with gaps
		}
		got, err := value.Decode(L, data)
		if err != nil || !same(v, got) {
			t.Fatalf("%v came back as %v, %v", v, got, err)
		}
		if again, err := value.Encode(got, limit); err != nil || !bytes.Equal(data, again) {
			t.Errorf("%q, then %q, %v", data, again, err)
		}
	})
}

// build takes what it needs off the seed.
func build(L *lua.LState, seed *[]byte, depth int) lua.LValue {
	switch b := next(seed); {
	case b < 20:
		return lua.LBool(b%2 == 0)
	case b < 80:
		return lua.LNumber(int64(word(seed)))
	case b < 120:
		return lua.LNumber(math.Float64frombits(word(seed)))
	case b < 180 || depth == 32:
		n := min(int(next(seed)), len(*seed))
		s := lua.LString((*seed)[:n])
		*seed = (*seed)[n:]
		return s
	default:
		tb := L.NewTable()
		for range b % 8 {
			key := build(L, seed, 32)
			if n, ok := key.(lua.LNumber); ok && n != n || key.Type() == lua.LTBool {
				key = lua.LNumber(tb.Len() + 1)
			}
			tb.RawSet(key, build(L, seed, depth+1))
		}
		return tb
	}
}

func next(seed *[]byte) byte {
	if len(*seed) == 0 {
		return 0
	}
	b := (*seed)[0]
	*seed = (*seed)[1:]
	return b
}

func word(seed *[]byte) (w uint64) {
	for range next(seed)%8 + 1 {
		w = w<<8 | uint64(next(seed))
	}
	return w
}
