package sandbox

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Numbers as texts, and texts as numbers, as Lua has them. gopher-lua writes a price
// of a million with an exponent, reads what begins with a zero as octal, and its
// tonumber knows no exponents.

// textOf is what a text or number is as a text.
func textOf(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return NumberText(v)
	}
	return v.String()
}

// NumberText writes whole numbers of 64 bits digit by digit, which ids need, and others
// as Lua's %.14g.
func NumberText(n lua.LNumber) string {
	if -1<<63 <= n && n < 1<<63 && lua.LNumber(int64(n)) == n { // beyond, int64(n) depends on the processor
		return strconv.FormatInt(int64(n), 10)
	}
	switch f := float64(n); {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	default:
		return strconv.FormatFloat(f, 'g', 14, 64)
	}
}

// Text is what tostring makes of a value, for which a metamethod of a script may run.
func Text(L *lua.LState, v lua.LValue) string {
	if _, ok := v.(lua.LNumber); !ok {
		v = L.ToStringMeta(v)
	}
	return textOf(v)
}

func toString(L *lua.LState) int {
	v := L.CheckAny(1)
	if n, ok := v.(lua.LNumber); ok {
		L.Push(lua.LString(NumberText(n)))
	} else {
		L.Push(L.ToStringMeta(v))
	}
	return 1
}

// toNumber is tonumber.
func toNumber(L *lua.LState) int {
	v, base := L.CheckAny(1), L.OptInt(2, 10)
	if base < 2 || base > 36 {
		L.ArgError(2, "base out of range")
	}
	n, ok := v.(lua.LNumber)
	if base == 10 {
		if text, is := v.(lua.LString); is {
			n, ok = numeral(string(text))
		}
	} else {
		digits := strings.Trim(L.CheckString(1), blanks)
		digits, negative := sign(digits)
		if base == 16 {
			digits = withoutHex(digits)
		}
		if n, ok = whole(digits, base); negative {
			n = -n
		}
	}
	if ok {
		L.Push(n)
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

const blanks = " \t\n\v\f\r"

// numeral is the number that a text is, decimal or 0x….
func numeral(text string) (lua.LNumber, bool) {
	digits, negative := sign(strings.Trim(text, blanks))
	n, ok := lua.LNumber(0), false
	if hex := withoutHex(digits); hex != digits {
		n, ok = whole(hex, 16)
	} else if digits != "" && strings.Trim(digits, "0123456789.eE+-") == "" && digits[0] != '+' && digits[0] != '-' {
		f, err := strconv.ParseFloat(digits, 64)
		n, ok = lua.LNumber(f), err == nil || math.IsInf(f, 0)
	}
	if negative {
		n = -n
	}
	return n, ok
}

func sign(digits string) (rest string, negative bool) {
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		return rest, true
	}
	return strings.TrimPrefix(digits, "+"), false
}

func withoutHex(digits string) string {
	if len(digits) > 1 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		return digits[2:]
	}
	return digits
}

// whole is a number by its digits alone, exact to 64 bits.
func whole(digits string, base int) (n lua.LNumber, ok bool) {
	if exact, err := strconv.ParseUint(digits, base, 64); err == nil {
		return lua.LNumber(exact), true
	}
	for i := range len(digits) {
		c, d := digits[i]|0x20, 99
		switch {
		case '0' <= digits[i] && digits[i] <= '9':
			d = int(digits[i] - '0')
		case 'a' <= c && c <= 'z':
			d = int(c-'a') + 10
		}
		if d >= base {
			return 0, false
		}
		n = n*lua.LNumber(base) + lua.LNumber(d)
	}
	return n, digits != ""
}

// ofNumbers is fn with texts that are numbers for arguments: gopher-lua's own
// conversion takes 010 for octal.
func ofNumbers(fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			number(L, i)
		}
		return fn(L)
	}
}

// number makes a number of an argument that is a text, if it is one.
func number(L *lua.LState, i int) {
	if text, ok := L.Get(i).(lua.LString); ok {
		if n, ok := operand(L, text); ok {
			L.Replace(i, n)
		}
	}
}

// ofTexts is fn with its first arguments, so many, as texts where they are numbers.
func ofTexts(count int, fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		for i := 1; i <= count; i++ {
			asText(L, i)
		}
		return fn(L)
	}
}

// asText makes a text of an argument that is a number.
func asText(L *lua.LState, i int) {
	if n, ok := L.Get(i).(lua.LNumber); ok {
		L.Replace(i, lua.LString(NumberText(n)))
	}
}

// literal is how a number of a source is written for gopher-lua, which takes 0010 for
// octal, and one that is too large for none.
func literal(value string) string {
	if n, ok := numeral(value); ok {
		return strconv.FormatFloat(float64(n), 'g', -1, 64)
	}
	return value
}

// arithmetic are the operators on texts, which are numbers there: metamethods of all
// texts, without state, because gopher-lua's own conversion takes 010 for octal.
var arithmetic = map[string]*lua.LFunction{
	"__add": operator("add", func(a, b float64) float64 { return a + b }),
	"__sub": operator("sub", func(a, b float64) float64 { return a - b }),
	"__mul": operator("mul", func(a, b float64) float64 { return a * b }),
	"__div": operator("div", func(a, b float64) float64 { return a / b }),
	"__pow": operator("pow", math.Pow),
	"__mod": operator("mod", modulo),
	"__unm": {IsG: true, GFunction: negate},
}

func operator(name string, compute func(a, b float64) float64) *lua.LFunction {
	return &lua.LFunction{IsG: true, GFunction: func(L *lua.LState) int {
		left, right := L.Get(1), L.Get(2)
		if right.Type() != lua.LTString { // whose own metamethod comes after that of the text
			if op := L.GetMetaField(right, "__"+name); op.Type() == lua.LTFunction {
				L.Push(op)
				L.Push(left)
				L.Push(right)
				L.Call(2, 1)
				return 1
			}
		}
		a, ok := operand(L, left)
		b, both := operand(L, right)
		if !ok || !both {
			L.RaiseError("cannot perform %s operation between %v and %v", name, left.Type(), right.Type())
		}
		L.Push(lua.LNumber(compute(float64(a), float64(b))))
		return 1
	}}
}

func negate(L *lua.LState) int {
	n, ok := operand(L, L.Get(1))
	if !ok {
		L.RaiseError("__unm undefined")
	}
	L.Push(-n)
	return 1
}

// operand is what an operator takes a value for.
func operand(L *lua.LState, v lua.LValue) (lua.LNumber, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return v, true
	case lua.LString:
		pay(L, len(v)/stepsPerInstruction)
		return numeral(string(v))
	}
	return 0, false
}

func modulo(a, b float64) float64 {
	m := math.Mod(a, b)
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}
