package value

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
)

// Text shows the value that the bytes stand for as Lua would write it, in one
// line of about so many bytes at most. It makes no tables and needs no VM.
func Text(data []byte, most int) string {
	rest, err := body(data)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	t := text{decoder: decoder{rest: rest}, most: most}
	if t.value() != nil {
		return "(" + errMalformed.Error() + ")"
	}
	return clip.Text(t.String(), most)
}

type text struct {
	decoder
	strings.Builder
	most int
}

// value writes one, and stops where there is enough.
func (t *text) value() error {
	if len(t.rest) > 0 && t.rest[0] == tagTable {
		t.rest = t.rest[1:]
		return t.table()
	}
	v, err := t.decoder.value()
	if err != nil {
		return err
	}
	if s, ok := v.(lua.LString); ok {
		t.WriteString(strconv.Quote(string(s[:min(len(s), t.most)])))
		return nil
	}
	t.WriteString(v.String())
	return nil
}

func (t *text) table() error {
	if t.depth++; t.depth > maxDepth {
		return errMalformed
	}
	defer func() { t.depth-- }()
	elements, err := t.count(1)
	if err != nil {
		return err
	}
	pairs, err := t.count(3)
	if err != nil {
		return err
	}
	t.WriteByte('{')
	for i := 0; i < elements+pairs && t.Len() <= t.most; i++ {
		if i > 0 {
			t.WriteString(", ")
		}
		if i >= elements {
			if err := t.key(); err != nil {
				return err
			}
		}
		if err := t.value(); err != nil {
			return err
		}
	}
	t.WriteByte('}')
	return nil
}

func (t *text) key() error {
	if len(t.rest) > 0 && t.rest[0] == tagTable {
		return errMalformed
	}
	key, err := t.decoder.value()
	if err != nil {
		return err
	}
	if s, ok := key.(lua.LString); ok && name.MatchString(string(s)) {
		t.WriteString(string(s) + " = ")
		return nil
	}
	if s, ok := key.(lua.LString); ok {
		key = lua.LString(strconv.Quote(string(s[:min(len(s), t.most)])))
	}
	t.WriteString("[" + key.String() + "] = ")
	return nil
}
