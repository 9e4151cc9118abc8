package sandbox

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// format is string.format as Lua 5.1 has it, with %s as tostring, of later
// Luas. gopher-lua hands the format to Go's fmt, which knows other verbs, takes
// widths of a million, and writes mistakes into the text.
func (s *stringLib) format(L *lua.LState) int {
	var out strings.Builder
	rest, arg := L.CheckString(1), 1
	for {
		text, after, more := strings.Cut(rest, "%")
		s.fits(L, "format", out.Len()+len(text))
		out.WriteString(text)
		if !more {
			break
		}
		if after, ok := strings.CutPrefix(after, "%"); ok {
			out.WriteByte('%')
			rest = after
			continue
		}
		flags, verb, ok := directive(after)
		if !ok {
			L.RaiseError("invalid option '%%%.10s' to format", after)
		}
		arg++
		had := out.Len()
		s.write(L, &out, arg, flags, verb)
		pay(L, 1+(out.Len()-had)/stepsPerInstruction)
		s.fits(L, "format", out.Len())
		rest = after[len(flags)+1:]
	}
	L.Push(lua.LString(out.String()))
	return 1
}

// directive splits what follows a % into flags, width and precision, of two
// digits at most, and the verb.
func directive(s string) (flags string, verb byte, ok bool) {
	i := 0
	skip := func(chars string, most int) {
		for n := 0; n < most && i < len(s) && strings.IndexByte(chars, s[i]) >= 0; n++ {
			i++
		}
	}
	skip("-+ #0", 5)
	skip("0123456789", 2)
	if i < len(s) && s[i] == '.' {
		i++
		skip("0123456789", 2)
	}
	if i == len(s) {
		return "", 0, false
	}
	return s[:i], s[i], strings.IndexByte("cdiouxXeEfgGqs", s[i]) >= 0
}

// write adds argument arg in the form of one directive. What is no text takes
// some hundred bytes at most.
func (s *stringLib) write(L *lua.LState, out *strings.Builder, arg int, flags string, verb byte) {
	if verb != 's' && verb != 'q' {
		number(L, arg)
	}
	switch verb {
	case 'c':
		out.WriteByte(byte(int64(L.CheckNumber(arg))))
	case 'd', 'i':
		fmt.Fprintf(out, "%"+flags+"d", int64(L.CheckNumber(arg)))
	case 'u':
		fmt.Fprintf(out, "%"+flags+"d", uint64(int64(L.CheckNumber(arg))))
	case 'o', 'x', 'X':
		fmt.Fprintf(out, "%"+flags+string(verb), uint64(int64(L.CheckNumber(arg))))
	case 'e', 'E', 'f', 'g', 'G':
		writeFloat(out, float64(L.CheckNumber(arg)), flags, verb)
	case 'q':
		asText(L, arg)
		text := L.CheckString(arg)
		s.fits(L, "format", out.Len()+len(text))
		quote(out, text) // four times as long at most
	case 's':
		text := Text(L, L.CheckAny(arg))
		s.fits(L, "format", out.Len()+len(text))
		if flags == "" {
			out.WriteString(text)
		} else {
			fmt.Fprintf(out, "%"+flags+"s", text)
		}
	}
}

func writeFloat(out *strings.Builder, f float64, flags string, verb byte) {
	switch {
	case math.IsInf(f, 0) || math.IsNaN(f):
		name := strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+")
		width, _, _ := strings.Cut(flags, ".")
		fmt.Fprintf(out, "%"+strings.Trim(width, "0+# ")+"s", name)
	case strings.Contains(flags, "."):
		fmt.Fprintf(out, "%"+flags+string(verb), f)
	default: // C's precision; of %g, Go's is the shortest that is exact
		fmt.Fprintf(out, "%"+flags+".6"+string(verb), f)
	}
}

// quote writes a string that Lua reads back.
func quote(out *strings.Builder, s string) {
	out.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out.WriteByte('\\')
			out.WriteByte(c)
		case '\r':
			out.WriteString(`\r`)
		case 0:
			out.WriteString(`\000`)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
}
