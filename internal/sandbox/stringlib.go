package sandbox

import (
	"math"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/pattern"
)

// replaceString makes a script pay for what one call does, bounds what it
// makes, and locks the metatable of all strings, which gopher-lua hands to
// scripts to write to. Of numbers it makes texts as tostring does.
func replaceString(vm *VM, str *lua.LTable, std map[string]lua.LValue) {
	L := vm.state
	s := &stringLib{Limits: vm.limits, patterns: map[string]*pattern.Pattern{}}
	L.SetFuncs(str, map[string]lua.LGFunction{
		"byte":    ofTexts(1, byteOf),
		"char":    char,
		"find":    ofTexts(2, s.find),
		"format":  ofTexts(1, s.format),
		"gmatch":  ofTexts(2, s.gmatch),
		"gsub":    ofTexts(2, s.gsub),
		"len":     ofTexts(1, std["len"].(*lua.LFunction).GFunction),
		"lower":   ofTexts(1, s.lower),
		"match":   ofTexts(2, s.match),
		"rep":     ofTexts(1, s.rep),
		"reverse": ofTexts(1, reverse),
		"sub":     ofTexts(1, std["sub"].(*lua.LFunction).GFunction),
		"upper":   ofTexts(1, s.upper),
	})
	locked := L.NewTable()
	locked.RawSetString("__index", str)
	locked.RawSetString("__metatable", lua.LFalse)
	for event, operator := range arithmetic {
		locked.RawSetString(event, operator)
	}
	L.SetMetatable(lua.LString(""), locked)
}

// stringLib is the string library of one VM.
type stringLib struct {
	Limits
	patterns map[string]*pattern.Pattern // that were compiled
	spare    *search                     // one that is done
}

// maxValues is how many values one call may give or take; the stack of a Lua
// thread ends at 65536.
const maxValues = 60_000

// byteOf is string.byte; gopher-lua's gives all bytes where no place is named.
func byteOf(L *lua.LState) int {
	s := L.CheckString(1)
	first := L.OptInt(2, 1)
	from, to := span(len(s), first, L.OptInt(3, first))
	if to-from > maxValues {
		L.RaiseError("string slice too long")
	}
	return give(L, max(to-from, 0), func(i int) lua.LValue { return lua.LNumber(s[from+i]) })
}

// span is the part of n bytes that two places of Lua's name, counted from 1, or
// from the end when they are negative.
func span(n, first, last int) (from, to int) {
	if first < 0 {
		first = max(first+n+1, 1)
	}
	if last < 0 {
		last += n + 1
	}
	return max(first, 1) - 1, min(last, n)
}

// char refuses what is no byte, which gopher-lua cuts off to one.
func char(L *lua.LState) int {
	text := make([]byte, L.GetTop())
	for i := range text {
		n := L.CheckInt(i + 1)
		if n < 0 || n > 255 {
			L.ArgError(i+1, "invalid value")
		}
		text[i] = byte(n)
	}
	push(L, string(text))
	return 1
}

func (s *stringLib) lower(L *lua.LState) int {
	return s.mapped(L, "lower", strings.ToLower, 'A')
}

func (s *stringLib) upper(L *lua.LState) int {
	return s.mapped(L, "upper", strings.ToUpper, 'a')
}

// mapped knows the letters of all languages, like gopher-lua's functions, but
// of what is no UTF-8 those of ASCII alone, from first on: gopher-lua's replace
// the bytes in between, Lua's leave them.
func (s *stringLib) mapped(L *lua.LState, name string, letters func(string) string, first byte) int {
	text := L.CheckString(1)
	pay(L, len(text)/bytesPerInstruction)
	if utf8.ValidString(text) {
		text = letters(text) // at most half as long again
		s.fits(L, name, len(text))
	} else {
		ascii := []byte(text)
		for i, c := range ascii {
			if first <= c && c < first+26 {
				ascii[i] = c ^ 0x20
			}
		}
		text = string(ascii)
	}
	L.Push(lua.LString(text))
	return 1
}

func (s *stringLib) rep(L *lua.LState) int {
	text := L.CheckString(1)
	L.CheckInt(2) // what is no number; a number may be out of int's range
	times := float64(L.CheckNumber(2))
	switch size := times * float64(len(text)); {
	case !(size > 0):
		L.Push(lua.LString(""))
	default:
		s.fits(L, "rep", int(min(size, math.MaxInt32)))
		pay(L, int(size)/bytesPerInstruction)
		L.Push(lua.LString(strings.Repeat(text, int(times))))
	}
	return 1
}

func reverse(L *lua.LState) int {
	text := L.CheckString(1)
	reversed := make([]byte, len(text))
	for i := range len(text) {
		reversed[len(text)-1-i] = text[i]
	}
	push(L, string(reversed))
	return 1
}
