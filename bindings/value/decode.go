package value

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// errMalformed is Decode's of bytes that Encode has not made.
var errMalformed = errors.New("not the bytes of a value")

// Decode gives the value whose bytes Encode made, in fresh tables of L. Other
// bytes give an error, and what it takes to find out is bounded by their number.
func Decode(L *lua.LState, data []byte) (lua.LValue, error) {
	rest, err := body(data)
	if err != nil {
		return lua.LNil, err
	}
	d := decoder{L: L, rest: rest}
	v, err := d.value()
	if err == nil && len(d.rest) > 0 {
		err = errMalformed
	}
	if err != nil {
		return lua.LNil, err
	}
	return v, nil
}

// DecodeNumber is Decode of a number, and false of anything else.
func DecodeNumber(data []byte) (n float64, ok bool) {
	rest, err := body(data)
	if err != nil || rest[0] != tagWhole && rest[0] != tagFloat {
		return 0, false
	}
	v, err := Decode(nil, data)
	number, ok := v.(lua.LNumber)
	return float64(number), ok && err == nil
}

// body is what follows the version.
func body(data []byte) ([]byte, error) {
	switch {
	case len(data) < 2:
		return nil, errMalformed
	case data[0] != version:
		return nil, fmt.Errorf("a value of version %d, this luahost knows %d: another one wrote it", data[0], version)
	}
	return data[1:], nil
}

type decoder struct {
	L     *lua.LState
	rest  []byte
	depth int
	gaps  int
}

func (d *decoder) value() (lua.LValue, error) {
	if len(d.rest) == 0 {
		return nil, errMalformed
	}
	tag := d.rest[0]
	d.rest = d.rest[1:]
	switch tag {
	case tagNil:
		return lua.LNil, nil
	case tagFalse:
		return lua.LFalse, nil
	case tagTrue:
		return lua.LTrue, nil
	case tagWhole:
		n, used := binary.Varint(d.rest)
		if used <= 0 || n < -maxWhole || n > maxWhole {
			return nil, errMalformed
		}
		d.rest = d.rest[used:]
		return lua.LNumber(n), nil
	case tagFloat:
		if len(d.rest) < 8 {
			return nil, errMalformed
		}
		n := math.Float64frombits(binary.LittleEndian.Uint64(d.rest))
		d.rest = d.rest[8:]
		return lua.LNumber(n), nil
	case tagString:
		n, err := d.count(1)
		if err != nil {
			return nil, err
		}
		s := lua.LString(d.rest[:n])
		d.rest = d.rest[n:]
		return s, nil
	case tagTable:
		return d.table()
	default:
		return nil, errMalformed
	}
}

// count reads how many follow, each of which takes so many bytes at least.
func (d *decoder) count(bytes int) (int, error) {
	n, used := binary.Uvarint(d.rest)
	if used <= 0 || n > uint64(len(d.rest)-used)/uint64(bytes) {
		return 0, errMalformed
	}
	d.rest = d.rest[used:]
	return int(n), nil
}

func (d *decoder) table() (lua.LValue, error) {
	if d.depth++; d.depth > maxDepth {
		return nil, errMalformed
	}
	defer func() { d.depth-- }()
	elements, err := d.count(1)
	if err != nil {
		return nil, err
	}
	pairs, err := d.count(3)
	if err != nil {
		return nil, err
	}
	tb := d.L.CreateTable(elements, 0)
	for range elements {
		v, err := d.value()
		if err != nil || v == lua.LNil {
			return nil, errMalformed
		}
		tb.Append(v)
	}
	most := elements
	for range pairs {
		if err := d.pair(tb, &most); err != nil {
			return nil, err
		}
	}
	return tb, nil
}

// pair reads a key and its value; most is the greatest index so far.
func (d *decoder) pair(tb *lua.LTable, most *int) error {
	key, err := d.value()
	if err != nil {
		return err
	}
	switch k := key.(type) {
	case lua.LString:
	case lua.LNumber:
		if k != k {
			return errMalformed
		}
		if isIndex(k) && int(k) > *most {
			if d.gaps += int(k) - *most; d.gaps > maxGaps {
				return errMalformed
			}
			*most = int(k)
		}
	default:
		return errMalformed
	}
	v, err := d.value()
	if err != nil || v == lua.LNil {
		return errMalformed
	}
	tb.RawSet(key, v)
	return nil
}
