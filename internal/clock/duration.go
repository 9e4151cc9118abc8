package clock

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DurationForm tells a person how durations are written.
const DurationForm = `write it as in "7d", "1h30m", "20s" or "250ms"`

var errDuration = errors.New("no duration: " + DurationForm)

// Brief is a duration without the zeros at its end: 15m and not 15m0s.
func Brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// days is the part of a duration that time.ParseDuration does not know.
var days = regexp.MustCompile(`^(\d+(?:\.\d+)?)d`)

// ParseDuration reads a duration as people write it in scripts, in the
// configuration and on the command line: "7d", "1d12h", "1h30m", "20s", "250ms".
// A day has 24 hours. It is never negative.
func ParseDuration(text string) (time.Duration, error) {
	var whole time.Duration
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil || n > float64(math.MaxInt64/(24*time.Hour)) {
			return 0, errDuration
		}
		whole = time.Duration(n * float64(24*time.Hour))
		if text = text[len(m[0]):]; text == "" {
			return whole, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || whole+d < whole {
		return 0, errDuration
	}
	return whole + d, nil
}
