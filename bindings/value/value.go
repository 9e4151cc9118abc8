// Package value turns values of Lua into bytes and back, for what outlives the
// VM that made them: the state of scripts, and the data of timers.
//
// Booleans, strings of any bytes and numbers come back exactly, also infinities
// and NaN. Tables go by value: two fields that hold one table come back as two.
// Their keys are strings and numbers; a metatable is left behind, so that of one
// of Telegram's objects only the fields that are set are kept. An empty table is
// an empty table: Lua knows no difference between a list and a map without
// elements, and none is kept. The same value always gives the same bytes.
//
// Encode and Decode are called under the lock of the VM whose values they read and
// make; they call no Lua. The other functions may be called from anywhere.
package value

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// What bounds a value, beside the limit that Encode is given.
const (
	maxDepth = 32      // of tables within each other
	maxGaps  = 1 << 18 // indexes that are left out before others: gopher-lua gives each 16 bytes
)

// version begins all bytes, so that another form may come.
const version = 1

// What follows is one tag and what belongs to it.
const (
	tagNil    = iota
	tagFalse  // nothing
	tagTrue   // nothing
	tagWhole  // a zigzag varint, at most maxWhole
	tagFloat  // 8 bytes, little-endian: any other number
	tagString // a varint, and so many bytes
	tagTable  // two varints: elements from 1 on, and pairs of a key and a value, which are sorted
)

// maxWhole is the greatest number up to which every whole one is exact.
const maxWhole = 1 << 53

// EncodeNumber is Encode of a number.
func EncodeNumber(n float64) []byte { return appendNumber([]byte{version}, n) }

// Fault is a script's mistake: something within the value that cannot be kept.
type Fault struct {
	Path string // peer.tags[3], or "" for the value itself
	Text string

	whole bool // not about a part
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Path == "" {
		return f.Text
	}
	return f.Path + ": " + f.Text
}

func faultf(format string, args ...any) *Fault {
	return &Fault{Text: fmt.Sprintf(format, args...)}
}

// in makes of a fault in a part that of the table, which has the part under key.
func (f *Fault) in(key lua.LValue) *Fault {
	if f.whole {
		return f
	}
	step := step(key)
	if f.Path != "" && f.Path[0] != '[' {
		step += "."
	}
	f.Path = step + f.Path
	return f
}

// isWhole says whether n is written as a whole number; -0 is not.
func isWhole(n float64) bool {
	return n == math.Trunc(n) && math.Abs(n) <= maxWhole && !(n == 0 && math.Signbit(n))
}
