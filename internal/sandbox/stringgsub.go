package sandbox

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/pattern"
)

// gsub replaces as it goes. Where gopher-lua's is not Lua's, this is: it takes a
// number as the replacement, replaces nothing at most 0 times, and refuses a
// replacement that is no text.
func (s *stringLib) gsub(L *lua.LState) int {
	text, what := L.CheckString(1), L.CheckString(2)
	L.CheckTypes(3, lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction)
	most := L.OptInt(4, math.MaxInt)
	r := replacing{search: s.search(L, text, what), by: L.Get(3)}
	count := 0
	for from := 0; count < most && from <= len(text) && r.next(L, from); from = r.after() {
		count++
		if !r.replace(L) {
			r.add(L, r.s[r.match.Start:r.match.End])
		}
	}
	if count > 0 {
		r.add(L, text[r.copied:])
		text = r.out.String()
	}
	r.done() // not after an error: the VM may be somebody else's by then
	push(L, text)
	L.Push(lua.LNumber(count))
	return 2
}

// replacing is one gsub.
type replacing struct {
	*search
	by     lua.LValue
	out    strings.Builder
	copied int // so many bytes of the subject are dealt with
}

// add adds to the result.
func (r *replacing) add(L *lua.LState, text string) {
	r.lib.fits(L, "gsub", r.out.Len()+len(text))
	r.out.WriteString(text)
}

// replace adds what stands before the match, and what stands for it. It says
// whether there is something: if not, the match stays.
func (r *replacing) replace(L *lua.LState) bool {
	r.add(L, r.s[r.copied:r.match.Start])
	r.copied = r.match.End
	var value lua.LValue
	switch by := r.by.(type) {
	case *lua.LTable:
		value = L.GetTable(by, r.value(r.captures()[0]))
	case *lua.LFunction:
		L.Push(by)
		L.Call(r.pushCaptures(L), 1)
		value = L.Get(-1)
		L.Pop(1)
	default:
		r.expand(L, textOf(by))
		return true
	}
	if lua.LVIsFalse(value) {
		return false
	}
	if !lua.LVCanConvToString(value) {
		L.RaiseError("invalid replacement value (a %s)", value.Type())
	}
	r.add(L, textOf(value))
	return true
}

// expand adds a replacement, with the captures where they are named. A % before
// anything else than a digit or a % stays, as gopher-lua has it.
func (r *replacing) expand(L *lua.LState, by string) {
	pay(L, len(by)/stepsPerInstruction)
	for {
		plain, rest, more := strings.Cut(by, "%")
		r.add(L, plain)
		if !more {
			return
		}
		switch {
		case rest == "":
			r.add(L, "%")
		case rest[0] == '%':
			r.add(L, "%")
			rest = rest[1:]
		case '0' <= rest[0] && rest[0] <= '9':
			r.add(L, r.named(L, int(rest[0]-'0')))
			rest = rest[1:]
		default:
			r.add(L, "%")
		}
		by = rest
	}
}

// named is what %n stands for.
func (r *replacing) named(L *lua.LState, n int) string {
	if n == 0 {
		return r.s[r.match.Start:r.match.End]
	}
	captures := r.captures()
	if n > len(captures) {
		L.RaiseError("%v", pattern.ErrReference)
	}
	c := captures[n-1]
	if c.End == pattern.PositionOnly {
		return strconv.Itoa(c.Start + 1)
	}
	return r.s[c.Start:c.End]
}
