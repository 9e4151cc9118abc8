// Package pattern matches Lua 5.1's patterns within a number of steps.
//
// gopher-lua's own matcher calls itself for each repetition, which a long
// subject turns into a deep stack, and nothing can end it: "(.-)(.-)(.-)x" on a
// thousand bytes takes minutes. This one keeps one entry per repetition that the
// pattern names, whatever the subject's length, and pays for all that it does.
//
// What it finds is what gopher-lua's finds, except where that one is not Lua 5.1
// (the list is in the tests): %f, sets such as [%a-] and [a-z-9], what is
// malformed, and captures that a %1 cannot refer to.
//
// The package knows nothing of Lua's values. internal/sandbox makes find, match,
// gmatch and gsub of it, on the goroutine that runs the script. A Pattern is not
// changed by being used.
package pattern

import (
	"errors"
	"math/bits"
)

// MaxCaptures is how many captures a pattern may have, as in Lua.
const MaxCaptures = 32

// What is wrong with a pattern, in Lua's words.
var (
	ErrEscape    = errors.New("malformed pattern (ends with '%')")
	ErrSet       = errors.New("malformed pattern (missing ']')")
	ErrFrontier  = errors.New("missing '[' after '%f' in pattern")
	ErrBalance   = errors.New("unbalanced pattern (%b wants two characters)")
	ErrCaptures  = errors.New("too many captures")
	ErrOpen      = errors.New("unfinished capture")
	ErrClose     = errors.New("invalid pattern capture")
	ErrReference = errors.New("invalid capture index")
)

// ErrSteps is what Find gives when the steps are used up.
var ErrSteps = errors.New("the pattern takes too many steps")

// Pattern is one that was compiled.
type Pattern struct {
	items    []item
	anchored bool // it began with ^
	captures int
	choices  int // items that repeat: the most that can be open at once
	// first is the item that every match begins with, and lead the repetition that
	// it begins with, which may be empty; -1 where the pattern is not like that.
	first, lead int
	// independent says that whether the rest of the pattern matches somewhere
	// does not hang on what was captured before: it has no %1.
	independent bool
}

// Anchored says whether the pattern begins with ^ and matches where a search
// begins or nowhere.
func (p *Pattern) Anchored() bool { return p.anchored }

// Small says whether a Match for the pattern is a kilobyte at most.
func (p *Pattern) Small() bool { return p.choices <= 16 }

// item is one step of a pattern: they are matched one after another.
type item struct {
	kind    kind
	repeat  byte // of a set: 0, or one of * + - ?
	any     bool // the set holds every byte
	capture uint8
	open    byte   // of a balance; for a repeated set, the byte that has to follow, if follows
	close   byte   // of a balance
	follows bool   // the byte that comes after a repeated set is known: open
	text    string // of a literal
	set     set
}

type kind uint8

const (
	literal kind = iota
	class
	captureOpen
	captureClose
	capturePosition
	reference
	wrongReference // to a capture that is not closed there
	balance
	frontier
	end // $
)

// set is a set of bytes.
type set [4]uint64

func (s *set) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

func (s *set) add(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s[c>>6] |= 1 << (c & 63)
	}
}

func (s *set) join(other set) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s *set) complement() {
	for i := range s {
		s[i] = ^s[i]
	}
}

// single is the one byte of a set that has no other.
func (s *set) single() (byte, bool) {
	n, found := 0, 0
	for i, word := range s {
		if word != 0 {
			n += bits.OnesCount64(word)
			found = i<<6 + bits.TrailingZeros64(word)
		}
	}
	return byte(found), n == 1
}
