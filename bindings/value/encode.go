package value

import (
	"cmp"
	"encoding/binary"
	"math"
	"regexp"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// Encode gives the bytes of v, at most limit, which is below 128 KiB. Its error is
// a *Fault.
func Encode(v lua.LValue, limit int) ([]byte, error) {
	e := encoder{out: []byte{version}, limit: limit}
	if fault := e.value(v); fault != nil {
		return nil, fault
	}
	return e.out, nil
}

type encoder struct {
	out    []byte
	limit  int
	gaps   int
	around []*lua.LTable // those that the value at hand is in
	height int           // of the value that was written last: how deep the tables in it are
	tables map[*lua.LTable]written
}

// written is where a table stands that may come again. Reading it once more could
// take long: one that was emptied still has all the room that it had.
type written struct{ from, to, height, gaps int }

func (e *encoder) value(v lua.LValue) *Fault {
	e.height = 0
	switch v := v.(type) {
	case *lua.LNilType:
		e.out = append(e.out, tagNil)
	case lua.LBool:
		if v {
			e.out = append(e.out, tagTrue)
		} else {
			e.out = append(e.out, tagFalse)
		}
	case lua.LNumber:
		e.out = appendNumber(e.out, float64(v))
	case lua.LString:
		if len(v) > e.limit { // before it is copied
			return e.tooLarge()
		}
		e.out = append(e.out, tagString)
		e.out = binary.AppendUvarint(e.out, uint64(len(v)))
		e.out = append(e.out, v...)
	case *lua.LTable:
		if fault := e.table(v); fault != nil {
			return fault
		}
	case *lua.LUserData:
		return faultf("an object such as a call cannot be kept, only its fields")
	default:
		return faultf("a %s cannot be kept", v.Type())
	}
	if len(e.out) > e.limit {
		return e.tooLarge()
	}
	return nil
}

func (e *encoder) tooLarge() *Fault {
	f := faultf("the value takes more than %d bytes", e.limit)
	f.whole = true
	return f
}

func appendNumber(out []byte, n float64) []byte {
	if isWhole(n) {
		return binary.AppendVarint(append(out, tagWhole), int64(n))
	}
	return binary.LittleEndian.AppendUint64(append(out, tagFloat), math.Float64bits(n))
}

func (e *encoder) table(tb *lua.LTable) *Fault {
	if slices.Contains(e.around, tb) {
		return faultf("a table that contains itself cannot be kept")
	}
	before, again := e.tables[tb]
	if !again {
		before.height = 1
	}
	if len(e.around)+before.height > maxDepth {
		return faultf("tables cannot be kept that are more than %d deep within each other", maxDepth)
	}
	if again {
		e.out = append(e.out, e.out[before.from:before.to]...)
		e.height = before.height
		return e.leave(before.gaps)
	}
	w := written{from: len(e.out), gaps: -e.gaps}
	e.around = append(e.around, tb)
	defer func() { e.around = e.around[:len(e.around)-1] }()
	within, fault := e.fields(tb)
	if fault != nil {
		return fault
	}
	w.to, w.height, w.gaps = len(e.out), within+1, w.gaps+e.gaps
	if e.tables == nil {
		e.tables = make(map[*lua.LTable]written)
	}
	e.height, e.tables[tb] = w.height, w
	return nil
}

// fields writes what is in a table, and gives how deep the tables in it are.
func (e *encoder) fields(tb *lua.LTable) (height int, fault *Fault) {
	elements := 0
	for elements <= e.limit && tb.RawGetInt(elements+1) != lua.LNil {
		elements++
	}
	keys, fault := e.keys(tb, elements)
	if fault != nil {
		return 0, fault
	}
	e.out = append(e.out, tagTable)
	e.out = binary.AppendUvarint(e.out, uint64(elements))
	e.out = binary.AppendUvarint(e.out, uint64(len(keys)))
	for i := range elements {
		if fault := e.value(tb.RawGetInt(i + 1)); fault != nil {
			return 0, fault.in(lua.LNumber(i + 1))
		}
		height = max(height, e.height)
	}
	for _, key := range keys {
		if fault := e.value(key); fault != nil {
			return 0, fault
		}
		if fault := e.value(tb.RawGet(key)); fault != nil {
			return 0, fault.in(key)
		}
		height = max(height, e.height)
	}
	return height, nil
}

// leave counts indexes that are left out before others.
func (e *encoder) leave(gaps int) *Fault {
	if e.gaps += gaps; e.gaps > maxGaps {
		return faultf("a table with so large gaps between its indexes cannot be kept: make its keys texts")
	}
	return nil
}

// keys are those of a table after its elements, sorted.
func (e *encoder) keys(tb *lua.LTable, elements int) ([]lua.LValue, *Fault) {
	var keys []lua.LValue
	most := elements // index
	last := lua.LValue(lua.LNil)
	if elements > 0 {
		last = lua.LNumber(elements)
	}
	for key, _ := tb.Next(last); key != lua.LNil; key, _ = tb.Next(key) {
		switch k := key.(type) {
		case lua.LString:
		case lua.LNumber:
			if isIndex(k) {
				most = max(most, int(k))
			}
		default:
			return nil, faultf("a %s as a key cannot be kept, only text and numbers", key.Type()).in(key)
		}
		if keys = append(keys, key); len(keys) > e.limit/3 { // each takes 2 bytes at least, its value 1
			return nil, e.tooLarge()
		}
	}
	if fault := e.leave(most - elements); fault != nil {
		return nil, fault
	}
	slices.SortFunc(keys, compare)
	return keys, nil
}

// isIndex says whether gopher-lua makes room for every index up to this key.
func isIndex(n lua.LNumber) bool {
	return n >= 1 && n < lua.LNumber(lua.MaxArrayIndex) && n == lua.LNumber(int(n))
}

// compare puts numbers before texts.
func compare(a, b lua.LValue) int {
	if a.Type() != b.Type() {
		return cmp.Compare(a.Type(), b.Type())
	}
	if n, ok := a.(lua.LNumber); ok {
		return cmp.Compare(n, b.(lua.LNumber))
	}
	return cmp.Compare(a.(lua.LString), b.(lua.LString))
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,47}$`)

// step is a key as a path shows it.
func step(key lua.LValue) string {
	text, ok := key.(lua.LString)
	switch {
	case !ok:
		return "[" + key.String() + "]"
	case name.MatchString(string(text)):
		return string(text)
	case len(text) > 48:
		return "[" + strconv.Quote(string(text[:48])) + "…]"
	default:
		return "[" + strconv.Quote(string(text)) + "]"
	}
}
