package sandbox

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/pattern"
)

const (
	maxPattern  = 64 << 10 // bytes of a pattern
	keptPattern = 64       // bytes of a pattern that is kept for its next use
	maxPatterns = 32       // that are kept: 150 KB at most
)

// compile gives the pattern that a text is. Scripts use the same few again.
func (s *stringLib) compile(L *lua.LState, text string) *pattern.Pattern {
	if p := s.patterns[text]; p != nil {
		return p
	}
	if len(text) > maxPattern {
		L.RaiseError("bad argument #2 (a pattern longer than %d bytes)", maxPattern)
	}
	pay(L, len(text))
	p, err := pattern.Compile(text)
	if err != nil {
		L.RaiseError("%v", err)
	}
	if len(text) <= keptPattern {
		if len(s.patterns) == maxPatterns {
			clear(s.patterns)
		}
		s.patterns[text] = p
	}
	return p
}

// search is one use of a pattern by a script.
type search struct {
	lib   *stringLib
	p     *pattern.Pattern
	s     string
	steps int // that are left
	match pattern.Match
	whole [1]pattern.Capture
}

// search begins one, with the memory of one that is done.
func (s *stringLib) search(L *lua.LState, text, what string) *search {
	p := s.compile(L, what)
	at := s.spare
	if s.spare = nil; at == nil {
		at = &search{lib: s}
	}
	at.p, at.s, at.steps = p, text, s.Pattern
	return at
}

// done gives its memory to the next one, unless that is much.
func (s *search) done() {
	if s.s = ""; s.p.Small() {
		s.lib.spare = s
	}
}

// next finds the first match that begins at from or later.
func (s *search) next(L *lua.LState, from int) bool {
	had := s.steps
	found, err := s.p.Find(s.s, from, &s.steps, &s.match)
	pay(L, 1+(had-s.steps)/stepsPerInstruction)
	switch {
	case err == nil:
	case errors.Is(err, pattern.ErrSteps):
		Exceed(L, fmt.Errorf("%w: it takes more than %d steps (limits.pattern)", ErrPattern, s.lib.Pattern))
	default:
		L.RaiseError("%v", err)
	}
	return found
}

// after is where the next match may begin: an empty one moves on by a byte.
func (s *search) after() int {
	if s.p.Anchored() {
		return len(s.s) + 1
	}
	return max(s.match.End, s.match.Start+1)
}

// captures are what a match gives to the script: without any, the whole of it.
func (s *search) captures() []pattern.Capture {
	if captures := s.match.Captures(); len(captures) > 0 {
		return captures
	}
	s.whole[0] = pattern.Capture{Start: s.match.Start, End: s.match.End}
	return s.whole[:]
}

// value is a capture as the script sees it.
func (s *search) value(c pattern.Capture) lua.LValue {
	if c.End == pattern.PositionOnly {
		return lua.LNumber(c.Start + 1)
	}
	return lua.LString(s.s[c.Start:c.End])
}

// begin is where a search in n bytes begins, from 0. A place behind the end is
// the end; gopher-lua looks nowhere then, or fails.
func begin(n, init int) int {
	if init < 0 {
		init += n + 1
	}
	return min(max(init-1, 0), n)
}

// find is string.find; gopher-lua's finds an empty pattern at the first byte
// wherever it is to begin.
func (s *stringLib) find(L *lua.LState) int {
	text, what := L.CheckString(1), L.CheckString(2)
	from := begin(len(text), L.OptInt(3, 1))
	if L.ToBool(4) || !strings.ContainsAny(what, "^$*+?.([%-") {
		return findPlain(L, text, what, from)
	}
	at := s.search(L, text, what)
	defer at.done()
	if !at.next(L, from) {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(at.match.Start + 1))
	L.Push(lua.LNumber(at.match.End))
	captures := at.match.Captures()
	for _, c := range captures {
		L.Push(at.value(c))
	}
	return 2 + len(captures)
}

func findPlain(L *lua.LState, text, what string, from int) int {
	n := strings.Index(text[from:], what)
	if n < 0 {
		pay(L, (len(text)-from)/bytesPerInstruction)
		L.Push(lua.LNil)
		return 1
	}
	pay(L, n/bytesPerInstruction)
	L.Push(lua.LNumber(from + n + 1))
	L.Push(lua.LNumber(from + n + len(what)))
	return 2
}

// match is string.match; gopher-lua's gives no value at all where it finds
// nothing.
func (s *stringLib) match(L *lua.LState) int {
	text, what := L.CheckString(1), L.CheckString(2)
	at := s.search(L, text, what)
	defer at.done()
	if !at.next(L, begin(len(text), L.OptInt(3, 1))) {
		L.Push(lua.LNil)
		return 1
	}
	return at.pushCaptures(L)
}

func (s *search) pushCaptures(L *lua.LState) int {
	captures := s.captures()
	for _, c := range captures {
		L.Push(s.value(c))
	}
	return len(captures)
}

// gmatch looks for a match whenever its iterator is called; gopher-lua's finds
// all of them first, and its iterator works in a for only. That a ^ allows one
// match, at the beginning, is gopher-lua's way.
func (s *stringLib) gmatch(L *lua.LState) int {
	text, what := L.CheckString(1), L.CheckString(2)
	at := &search{lib: s, p: s.compile(L, what), s: text}
	from := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		at.steps = s.Pattern
		if from > len(text) || !at.next(L, from) {
			from = len(text) + 1
			L.Push(lua.LNil)
			return 1
		}
		from = at.after()
		return at.pushCaptures(L)
	}))
	return 1
}
