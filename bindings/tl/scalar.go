package tl

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// maxExact is the largest whole number that a Lua number tells from its
// neighbours, 2^53-1.
const maxExact = 1<<53 - 1

// whole gives the integer that a Lua number holds exactly.
func whole(n lua.LNumber) (int64, bool) {
	f := float64(n)
	if f != math.Trunc(f) || f < -maxExact || f > maxExact {
		return 0, false
	}
	return int64(f), true
}

// notWhole says what is wrong with a number of which whole makes no integer.
func notWhole(n lua.LNumber) string {
	if f := float64(n); f != math.Trunc(f) {
		return shown(n) + ", which is not whole"
	}
	return shown(n) + ": numbers beyond 2^53-1 lose their last digits, pass it as a decimal string"
}

// decimal reads a decimal string strictly: digits with at most a minus, nothing
// around them.
func decimal(s string) (int64, bool) {
	if s == "" || len(s) > 20 || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// readLong gives the value of a long, or what is wrong with v.
func readLong(v lua.LValue) (n int64, wrong string) {
	switch v := v.(type) {
	case lua.LString:
		if n, ok := decimal(string(v)); ok {
			return n, ""
		}
		return 0, "expected long, a decimal string within 64 bits, got " + shown(v)
	case lua.LNumber:
		if n, ok := whole(v); ok {
			return n, ""
		}
		return 0, "expected long, got " + notWhole(v)
	}
	return 0, "expected long, a decimal string, got " + shown(v)
}

// readPeerID gives the id of a peer, which is a number in Lua, or what is wrong.
func readPeerID(v lua.LValue) (n int64, wrong string) {
	n, wrong = readLong(v)
	if wrong != "" || n > maxExact || n < -maxExact {
		return 0, "expected long, the id of a peer: a whole number within 2^53-1, got " + shown(v)
	}
	return n, ""
}

// readInt gives the value of an int, or what is wrong with v.
func readInt(v lua.LValue) (n int64, wrong string) {
	number, ok := v.(lua.LNumber)
	if !ok {
		return 0, "expected int, got " + shown(v)
	}
	n, ok = whole(number)
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, "expected int, a whole number of 32 bits, got " + shown(v)
	}
	return n, ""
}
