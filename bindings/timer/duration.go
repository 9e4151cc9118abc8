package timer

import (
	"fmt"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
)

// Duration reads a duration as scripts write it: seconds as a number, or text
// such as "7d", "1h30m", "20s" or "250ms". It is never negative.
func Duration(v lua.LValue) (time.Duration, error) {
	switch v := v.(type) {
	case lua.LNumber:
		seconds := float64(v)
		if !(seconds >= 0 && seconds < math.MaxInt64/float64(time.Second)) {
			return 0, fmt.Errorf("%v is no duration: %s", v, form)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	case lua.LString:
		d, err := clock.ParseDuration(string(v))
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: %s", shorten(string(v)), form)
		}
		return d, nil
	default:
		return 0, fmt.Errorf("a duration is wanted, got %s: %s", v.Type(), form)
	}
}

const form = `give seconds, or text such as "1h30m", "20s" or "250ms"`

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
