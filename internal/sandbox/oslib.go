package sandbox

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// maxTime keeps times where the calendar is sensible: the year 33658.
const maxTime = 1_000_000_000_000

// replaceOS gives the four functions of os that only tell the time, by the
// host's clock.
func replaceOS(vm *VM, module *lua.LTable, _ map[string]lua.LValue) {
	began := vm.clock.Now()
	vm.state.SetFuncs(module, map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(vm.clock.Now().Sub(began).Seconds()))
			return 1
		},
		"date": vm.osDate,
		"difftime": ofNumbers(func(L *lua.LState) int {
			L.Push(L.CheckNumber(1) - L.OptNumber(2, 0))
			return 1
		}),
		"time": vm.osTime,
	})
}

func (vm *VM) osTime(L *lua.LState) int {
	now := vm.clock.Now()
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(now.Unix()))
		return 1
	}
	table := L.CheckTable(1)
	field := func(name string, missing int) int {
		v := table.RawGetString(name)
		if v == lua.LNil && missing >= 0 {
			return missing
		}
		n, ok := operand(L, v)
		if !ok || n != n || n < -maxTime || n > maxTime {
			L.RaiseError("bad argument #1 to time (field '%s' is missing or no number)", name)
		}
		return int(n)
	}
	t := time.Date(field("year", -1), time.Month(field("month", -1)), field("day", -1),
		field("hour", 12), field("min", 0), field("sec", 0), 0, now.Location())
	L.Push(lua.LNumber(t.Unix()))
	return 1
}

func (vm *VM) osDate(L *lua.LState) int {
	format := L.OptString(1, "%c")
	t := vm.clock.Now()
	if L.Get(2) != lua.LNil {
		number(L, 2)
		n := L.CheckNumber(2)
		if n != n || n < -maxTime || n > maxTime {
			L.RaiseError("bad argument #2 to date (not a time)")
		}
		t = time.Unix(int64(n), 0).In(t.Location())
	}
	if rest, ok := strings.CutPrefix(format, "!"); ok {
		format, t = rest, t.UTC()
	}
	if strings.HasPrefix(format, "*t") {
		L.Push(dateTable(L, t))
		return 1
	}
	if len(format) > maxPattern {
		L.RaiseError("bad argument #1 to date (longer than %d bytes)", maxPattern)
	}
	text, err := strftime(t, format)
	if err != nil {
		L.RaiseError("bad argument #1 to date (%v)", err)
	}
	L.Push(lua.LString(text))
	return 1
}

func dateTable(L *lua.LState, t time.Time) *lua.LTable {
	table := L.CreateTable(0, 9)
	for name, n := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(), "hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(),
	} {
		table.RawSetString(name, lua.LNumber(n))
	}
	table.RawSetString("isdst", lua.LBool(t.IsDST()))
	return table
}

// layouts are C's conversions in Go's terms.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02",
	'D': "01/02/06", 'e': "_2", 'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04",
	'p': "PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006",
	'z': "-0700", 'Z': "MST",
}

func strftime(t time.Time, format string) (string, error) {
	var text strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			text.WriteByte(format[i])
			continue
		}
		if i++; i == len(format) {
			return "", fmt.Errorf("'%%' at the end")
		}
		switch c := format[i]; c {
		case '%':
			text.WriteByte('%')
		case 'n':
			text.WriteByte('\n')
		case 't':
			text.WriteByte('\t')
		case 's':
			fmt.Fprint(&text, t.Unix())
		case 'u':
			fmt.Fprint(&text, (int(t.Weekday())+6)%7+1)
		case 'w':
			fmt.Fprint(&text, int(t.Weekday()))
		default:
			layout, ok := layouts[c]
			if !ok {
				return "", fmt.Errorf("no conversion '%%%c'", c)
			}
			text.WriteString(t.Format(layout))
		}
	}
	return text.String(), nil
}
