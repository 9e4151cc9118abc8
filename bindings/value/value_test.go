package value_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/value"
)

const limit = 64 << 10

func TestMain(m *testing.M) {
	lua.MaxArrayIndex = 1 << 17 // as the sandbox has it
	os.Exit(m.Run())
}

// evaluate gives what an expression of Lua does.
func evaluate(t testing.TB, L *lua.LState, expression string) lua.LValue {
	t.Helper()
	if err := L.DoString("return " + expression); err != nil {
		t.Fatal(err)
	}
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// same compares by value, without metatables; a NaN is a NaN.
func same(a, b lua.LValue) bool {
	ta, ok := a.(*lua.LTable)
	tb, ok2 := b.(*lua.LTable)
	if !ok || !ok2 {
		na, ok := a.(lua.LNumber)
		nb, ok2 := b.(lua.LNumber)
		return a == b && ok == ok2 && math.Signbit(float64(na)) == math.Signbit(float64(nb)) || ok && ok2 && na != na && nb != nb
	}
	all, pairs := tb.Metatable == lua.LNil, 0
	ta.ForEach(func(k, v lua.LValue) {
		all = all && same(v, tb.RawGet(k))
		pairs++
	})
	tb.ForEach(func(lua.LValue, lua.LValue) { pairs-- })
	return all && pairs == 0
}

func TestRoundTrip(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for expression, text := range map[string]string{
		`nil`:                      `nil`,
		`true`:                     `true`,
		`false`:                    `false`,
		`0`:                        `0`,
		`-0.0`:                     `0`,
		`1.5`:                      `1.5`,
		`-42`:                      `-42`,
		`9007199254740992`:         `9007199254740992`,
		`-9007199254740992`:        `-9007199254740992`,
		`9007199254740994`:         `9007199254740994`,
		`5e-324`:                   `5e-324`,
		`1/0`:                      `+Inf`,
		`-1/0`:                     `-Inf`,
		`0/0`:                      `NaN`,
		`""`:                       `""`,
		`"588516572874907240"`:     `"588516572874907240"`,
		`"a\0b\255\n"`:             `"a\x00b\xff\n"`,
		`("x"):rep(300)`:           `"` + strings.Repeat("x", 300) + `"`,
		`{}`:                       `{}`,
		`{1, 2, {3}}`:              `{1, 2, {3}}`,
		`{{}, {{}}}`:               `{{}, {{}}}`,
		`{b = 1, a = {c = false}}`: `{a = {c = false}, b = 1}`,
		`{1, nil, 3}`:              `{1, [3] = 3}`,
		`{10, 20, name = "x", [0] = "zero", [-1] = true, [1.5] = 2, [1/0] = 3}`:                      `{10, 20, [-1] = true, [0] = "zero", [1.5] = 2, [+Inf] = 3, name = "x"}`,
		`{[131071] = 1, [131072] = 2, [777000] = 3, [5000000000] = 4}`:                               `{[131071] = 1, [131072] = 2, [777000] = 3, [5000000000] = 4}`,
		`{["two words"] = 1, ["\255"] = 2, [""] = 3, ["1"] = 4, [1] = 5}`:                            `{5, [""] = 3, ["1"] = 4, ["two words"] = 1, ["\xff"] = 2}`,
		`setmetatable({_ = "user", id = 7}, {__index = function() return false end, __len = error})`: `{_ = "user", id = 7}`,
		`(function() local t = {1} return {a = t, b = t} end)()`:                                     `{a = {1}, b = {1}}`,
		`(function() local t = {} for i = 1, 31 do t = {t} end return t end)()`:                      strings.Repeat("{", 32) + strings.Repeat("}", 32),
		`(function() local t = {{1, {2}}} return {t, {t, t[1]}} end)()`:                              `{{{1, {2}}}, {{{1, {2}}}, {1, {2}}}}`,
		`(function() local t = {1, 2, 3, x = 1} t[3], t.x = nil return t end)()`:                     `{1, 2}`,
	} {
		v := evaluate(t, L, expression)
		data, err := value.Encode(v, limit)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		got, err := value.Decode(L, data)
		if err != nil || !same(v, got) {
			t.Errorf("%s: got %v, %v from %q", expression, got, err, data)
		}
		if again, err := value.Encode(got, limit); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: %q, %v the second time, %q the first", expression, again, err, data)
		}
		if got := value.Text(data, 1000); got != text {
			t.Errorf("%s is shown as %s", expression, got)
		}
		n, ok := value.DecodeNumber(data)
		if want, isNumber := v.(lua.LNumber); ok != isNumber || ok && !same(lua.LNumber(n), want) {
			t.Errorf("%s is the number %v, %v", expression, n, ok)
		}
		if ok && !bytes.Equal(value.EncodeNumber(n), data) {
			t.Errorf("%s: %q as a number, %q as a value", expression, value.EncodeNumber(n), data)
		}
	}
}

// What cannot be kept is named with the way to it.
func TestFaults(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for expression, want := range map[string]string{
		`print`:                             `a function cannot be kept`,
		`coroutine.create(print)`:           `a thread cannot be kept`,
		`newproxy()`:                        `an object such as a call cannot be kept, only its fields`,
		`{a = {b = {1, 2, print}}}`:         `a.b[3]: a function cannot be kept`,
		`{{fn = print}}`:                    `[1].fn: a function cannot be kept`,
		`{["two words"] = {[1.5] = print}}`: `["two words"][1.5]: a function cannot be kept`,
		`{["` + strings.Repeat("k", 60) + `"] = print}`:       `["` + strings.Repeat("k", 48) + `"…]: a function cannot be kept`,
		`{a = {[true] = 1}}`:                                  `a[true]: a boolean as a key cannot be kept, only text and numbers`,
		`(function() local t = {} t[1] = {t} return t end)()`: `[1][1]: a table that contains itself cannot be kept`,
		`(function() local t = {} for i = 1, 32 do t = {t} end return t end)()`: strings.Repeat("[1]", 32) +
			`: tables cannot be kept that are more than 32 deep within each other`,
		`{[100000] = 1, t = {[100000] = 1, u = {[100000] = 1}}}`:                         `t.u: a table with so large gaps between its indexes cannot be kept: make its keys texts`,
		`(function() local g = {[100000] = 1} return {g, {g, {g}}} end)()`:               `[2][2][1]: a table with so large gaps between its indexes cannot be kept: make its keys texts`,
		`(function() local d = {} for i = 1, 30 do d = {d} end return {d, {{d}}} end)()`: `[2][1][1]: tables cannot be kept that are more than 32 deep within each other`,
		`("x"):rep(65536)`:             `the value takes more than 65536 bytes`,
		`{a = {b = ("x"):rep(65534)}}`: `the value takes more than 65536 bytes`,
		`(function() local t = {} for i = 1, 1e5 do t[i] = 0 end return t end)()`:           `the value takes more than 65536 bytes`,
		`(function() local t = {} for i = 1, 1e5 do t["k" .. i] = 0 end return t end)()`:    `the value takes more than 65536 bytes`,
		`(function() local t = {} for i = 1, 30 do t = {t, t} end return t end)()`:          `the value takes more than 65536 bytes`,
		`(function() local t = {} for i = 1, 2e5 do table.insert(t, 0) end return t end)()`: `the value takes more than 65536 bytes`,
	} {
		_, err := value.Encode(evaluate(t, L, expression), limit)
		var fault *value.Fault
		if err == nil || err.Error() != want || !errors.As(err, &fault) {
			t.Errorf("%s: %v\nwant %s", expression, err, want)
		}
	}
}

// The limit is of what is kept.
func TestLimit(t *testing.T) {
	v := lua.LString(strings.Repeat("x", 100))
	data, err := value.Encode(v, 103)
	if err != nil || len(data) != 103 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if _, err := value.Encode(v, 102); err == nil {
		t.Error("103 bytes were taken as 102")
	}
}

func TestDecodeOfOtherBytes(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	deep := "\x01" + strings.Repeat("\x06\x01\x00", 33) + "\x00"
	for _, data := range []string{
		"", "\x01", "\x01\x07", "\x01\x01\x01", "\x01\x03", "\x01\x03\xff", "\x01\x04\x00", "\x01\x05\x02a", "\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"\x01\x06", "\x01\x06\x01", "\x01\x06\x01\x00", "\x01\x06\x01\x00\x00", "\x01\x06\x00\x01\x00\x00\x00", "\x01\x06\xff\xff\xff\xff\x0f\x00",
		"\x01\x06\x00\xff\xff\xff\xff\x0f", "\x01\x06\x00\x01\x01\x01\x01", "\x01\x06\x00\x01\x04\x00\x00\x00\x00\x00\x00\xf8\x7f\x01",
		"\x01\x03\x82\x80\x80\x80\x80\x80\x80\x20", deep,
	} {
		if v, err := value.Decode(L, []byte(data)); err == nil || v != lua.LNil {
			t.Errorf("%q is %v", data, v)
		}
		_ = value.Text([]byte(data), 100) // may show a part
	}
	_, err := value.Decode(L, []byte("\x02\x01"))
	if err == nil || !strings.Contains(err.Error(), "a value of version 2") {
		t.Errorf("of a newer version: %v", err)
	}
}

func TestTextIsCut(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for expression, want := range map[string]string{
		`{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}`: `{1, 2, 3, 4, 5, 6, 7,…`,
		`("é"):rep(50)`:                       `"éééééééééé…`,
		`(function() local t = {} for i = 1, 30 do t = {t} end return t end)()`: strings.Repeat("{", 21) + "…",
	} {
		data, err := value.Encode(evaluate(t, L, expression), limit)
		if err != nil {
			t.Fatal(err)
		}
		if got := value.Text(data, 21); !strings.HasSuffix(got, "…") || len(got) > 21+len("…") || got != want {
			t.Errorf("%s is shown as %s", expression, got)
		}
	}
}

// A table that had many elements takes long to read, as gopher-lua keeps their
// places. It is read once, however often it is there.
func BenchmarkEncodeOneEmptiedTableOften(b *testing.B) {
	L := lua.NewState()
	defer L.Close()
	v := evaluate(b, L, `(function()
		local e, all = {}, {}
		for i = 1, 131070 do e[i] = 1 end
		for i = 1, 131070 do e[i] = nil end
		for i = 1, 20000 do all[i] = e end
		return all
	end)()`)
	for b.Loop() {
		if _, err := value.Encode(v, limit); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	L := lua.NewState()
	defer L.Close()
	v := evaluate(b, L, `{id = 777000, name = "Nadia", tags = {"work", "late"}, seen = 1772362800}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := value.Encode(v, limit); err != nil {
			b.Fatal(err)
		}
	}
}
