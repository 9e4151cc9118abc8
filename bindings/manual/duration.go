package manual

import (
	"fmt"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clock"
)

// ReadDuration reads a duration as scripts write it: seconds as a number, or text
// such as "7d", "1h30m", "20s" or "250ms". It is never negative.
func ReadDuration(v lua.LValue) (time.Duration, error) {
	switch v := v.(type) {
	case lua.LNumber:
		seconds := float64(v)
		if !(seconds >= 0 && seconds < math.MaxInt64/float64(time.Second)) {
			return 0, fmt.Errorf("%v is no duration: %s", v, durationForm)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	case lua.LString:
		d, err := clock.ParseDuration(string(v))
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: %s", short(string(v)), durationForm)
		}
		return d, nil
	default:
		return 0, fmt.Errorf("a duration is wanted, got %s: %s", v.Type(), durationForm)
	}
}

const durationForm = `give seconds, or text such as "1h30m", "20s" or "250ms"`
