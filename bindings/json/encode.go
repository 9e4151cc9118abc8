package json

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/sandbox"
)

// maxDepth is how deep tables may be in each other, read or written.
const maxDepth = 100

// maxExact is the largest whole number up to which a float64 has them all.
const maxExact = 1<<53 - 1

// payEvery is after how many tables the encoder asks whether the script may go on.
// One that was emptied takes 0.1 ms to look through, and leaves two bytes.
const payEvery = 32

var errTooLong = errors.New("the text is too long")

// encoder writes one value.
type encoder struct {
	m      *module
	budget *sandbox.Budget
	pretty bool
	out    []byte
	values int
	tables int
	paid   int           // instructions, so far
	within []*lua.LTable // that are being written, the outermost first
	pairs  []pair        // of the objects among them
}

type pair struct {
	name  string
	value lua.LValue
}

// pay has the script pay for what was written since it last did. Its error is why
// the handler has to end.
func (e *encoder) pay() error {
	cost := len(e.out)/bytesPaid + valuePaid*e.values
	e.budget.Charge(cost - e.paid)
	e.paid = cost
	e.budget.Poll()
	return e.budget.Err()
}

// value writes v. Its error is a *manual.Fault with the path from v, or
// errTooLong, or that of pay.
func (e *encoder) value(v lua.LValue) error {
	e.values++
	if len(e.out) > e.m.maxSize {
		return errTooLong
	}
	switch v := v.(type) {
	case lua.LBool:
		e.out = strconv.AppendBool(e.out, bool(v))
	case lua.LNumber:
		return e.number(float64(v))
	case lua.LString:
		return e.text(string(v))
	case *lua.LTable:
		return e.table(v)
	case *lua.LUserData:
		switch held := v.Value.(type) {
		case nullValue:
			e.out = append(e.out, "null"...)
		case numberValue:
			e.out = append(e.out, held...)
		default:
			return manual.Faultf("an object of the host cannot be JSON: give the fields that are wanted")
		}
	default:
		return manual.Faultf("a %s cannot be JSON", v.Type())
	}
	return nil
}

func (e *encoder) number(f float64) error {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return manual.Faultf("%v is no number of JSON", f)
	case f == 0 || f == math.Trunc(f) && math.Abs(f) <= maxExact, math.Abs(f) >= 1e-6 && math.Abs(f) < maxExact:
		e.out = strconv.AppendFloat(e.out, f, 'f', -1, 64)
	default:
		e.out = strconv.AppendFloat(e.out, f, 'e', -1, 64)
	}
	return nil
}

const hex = "0123456789abcdef"

func (e *encoder) text(s string) error {
	if len(e.out)+len(s) > e.m.maxSize {
		return errTooLong
	}
	if !utf8.ValidString(s) {
		return manual.Faultf("the text is not UTF-8 from its byte %d on", 1+invalidAt(s))
	}
	e.out = append(e.out, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		e.out = append(e.out, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			e.out = append(e.out, '\\', c)
		case '\n':
			e.out = append(e.out, '\\', 'n')
		case '\r':
			e.out = append(e.out, '\\', 'r')
		case '\t':
			e.out = append(e.out, '\\', 't')
		default:
			e.out = append(e.out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	e.out = append(append(e.out, s[from:]...), '"')
	return nil
}

// invalidAt is where s stops being UTF-8, or its length.
func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return i
		}
	}
	return len(s)
}

func (e *encoder) table(t *lua.LTable) error {
	if slices.Contains(e.within, t) {
		return manual.Faultf("the table is within itself")
	}
	if len(e.within) == maxDepth {
		return manual.Faultf("tables are nested deeper than %d", maxDepth)
	}
	if e.tables++; e.tables%payEvery == 0 {
		if err := e.pay(); err != nil {
			return err
		}
	}
	e.within = append(e.within, t)
	defer func() { e.within = e.within[:len(e.within)-1] }()
	base := len(e.pairs)
	defer func() { e.pairs = e.pairs[:base] }()

	numbers, err := e.keys(t)
	switch {
	case err != nil:
		return err
	case numbers > 0 || t.Metatable == e.m.list:
		return e.array(t, numbers)
	default:
		return e.object(base)
	}
}

// keys adds the pairs of an object to e.pairs, or says how many elements a list
// has, which are 1 to that number.
func (e *encoder) keys(t *lua.LTable) (numbers int, err error) {
	base, room := len(e.pairs), e.m.maxSize-len(e.out)
	var highest float64
	var other, number lua.LValue
	t.ForEach(func(k, v lua.LValue) {
		switch k := k.(type) {
		case lua.LString:
			if room -= len(k) + len(`"":0`); room >= 0 {
				e.pairs = append(e.pairs, pair{string(k), v})
			}
		case lua.LNumber:
			numbers, number, highest = numbers+1, k, math.Max(highest, float64(k))
			if float64(k) != math.Trunc(float64(k)) || k < 1 {
				other = k
			}
		default:
			other = k
		}
	})
	switch names := len(e.pairs) - base; {
	case room < 0:
		return 0, errTooLong
	case other != nil:
		return 0, manual.Faultf("the keys must be 1, 2, 3… or texts, got the %s", shown(other))
	case numbers > 0 && names > 0:
		return 0, manual.Faultf("the keys must be 1, 2, 3… or texts, got both: %s and %s", shown(number), shown(lua.LString(e.pairs[base].name)))
	case names > 0 && t.Metatable == e.m.list:
		return 0, manual.Faultf("marked as a list, it has the key %s", shown(lua.LString(e.pairs[base].name)))
	case highest != float64(numbers):
		return 0, manual.Faultf("a list with holes: the highest key is %v, and there are %d", lua.LNumber(highest), numbers)
	}
	return numbers, nil
}

// shown gives a key in an error text.
func shown(k lua.LValue) string { return manual.Shown(k) }

func (e *encoder) array(t *lua.LTable, n int) error {
	e.out = append(e.out, '[')
	for i := 1; i <= n; i++ {
		e.separate(i == 1)
		if err := e.value(t.RawGet(lua.LNumber(i))); err != nil {
			return at(err, func() error { return manual.AtIndex(i, err) })
		}
	}
	e.end(n == 0, ']')
	return nil
}

func (e *encoder) object(base int) error {
	pairs := e.pairs[base:]
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	e.out = append(e.out, '{')
	for i, p := range pairs {
		e.separate(i == 0)
		if err := e.text(p.name); err != nil {
			return at(err, func() error { return manual.At(name(p.name), err) })
		}
		e.out = append(e.out, ':')
		if e.pretty {
			e.out = append(e.out, ' ')
		}
		if err := e.value(p.value); err != nil {
			return at(err, func() error { return manual.At(name(p.name), err) })
		}
	}
	e.end(len(pairs) == 0, '}')
	return nil
}

// at adds a step to the path of an error that has one.
func at(err error, step func() error) error {
	var fault *manual.Fault
	if errors.As(err, &fault) {
		return step()
	}
	return err
}

// name is a key in the path of an error.
func name(key string) string {
	const most = 48
	if len(key) > most || !utf8.ValidString(key) {
		return strconv.Quote(key[:min(len(key), most)])
	}
	return key
}

// separate comes before each element, end after the last.
func (e *encoder) separate(first bool) {
	if !first {
		e.out = append(e.out, ',')
	}
	e.line(len(e.within))
}

func (e *encoder) end(empty bool, with byte) {
	if !empty {
		e.line(len(e.within) - 1)
	}
	e.out = append(e.out, with)
}

func (e *encoder) line(indent int) {
	if !e.pretty {
		return
	}
	e.out = append(e.out, '\n')
	for range indent {
		e.out = append(e.out, "  "...)
	}
}
