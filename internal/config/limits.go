package config

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"luahost/internal/clock"
)

// Limits are what a script may use. Each field is a key of docs/configuration.md
// and is never zero.
type Limits struct {
	Instructions   int           // of Lua, for one handler
	Time           time.Duration // that one handler may run
	Depth          int           // of calls
	String         int           // bytes of a text that Lua's library makes
	Pattern        int           // steps of one match
	Source         int           // bytes of a script
	InFlight       int           // handlers of one script at a time
	Handlers       int           // that a script may register
	LogLines       int           // of one script in a second
	Memory         int64         // bytes of the process
	Values         int64         // bytes that one script may hold
	SuspendAfter   int           // limits reached within a minute
	OldGenerations time.Duration // that a replaced one may go on
}

// limits is the table as it is written.
type limits struct {
	Instructions   int64  `toml:"instructions"`
	Time           string `toml:"time"`
	Depth          int64  `toml:"depth"`
	String         string `toml:"string"`
	Pattern        int64  `toml:"pattern"`
	Source         string `toml:"source"`
	InFlight       int64  `toml:"in_flight"`
	Handlers       int64  `toml:"handlers"`
	LogLines       int64  `toml:"log_lines"`
	Memory         string `toml:"memory"`
	Values         string `toml:"values"`
	SuspendAfter   int64  `toml:"suspend_after"`
	OldGenerations string `toml:"old_generations"`
}

// checkLimits reads the table. The least of each keeps a script of a few lines
// going, the most is what a machine can bear.
func (f *file) checkLimits() (Limits, error) {
	var l Limits
	t := &f.Limits
	for _, n := range []struct {
		key       string
		value     int64
		low, high int64
		into      *int
	}{
		{"instructions", t.Instructions, 1_000, 1e12, &l.Instructions},
		{"depth", t.Depth, 20, 1_000, &l.Depth},
		{"pattern", t.Pattern, 1_000, 1e9, &l.Pattern},
		{"in_flight", t.InFlight, 1, 100_000, &l.InFlight},
		{"handlers", t.Handlers, 1, 1_000_000, &l.Handlers},
		{"log_lines", t.LogLines, 1, 100_000, &l.LogLines},
		{"suspend_after", t.SuspendAfter, 1, 1_000_000, &l.SuspendAfter},
	} {
		if n.value < n.low || n.value > n.high {
			return Limits{}, f.wrong("limits."+n.key, "is %d: write a whole number from %d to %d", n.value, n.low, n.high)
		}
		*n.into = int(n.value)
	}
	var text, source int64
	for _, n := range []struct {
		key, value string
		low, high  int64
		into       *int64
	}{
		{"string", t.String, 1 << 10, 1 << 30, &text},
		{"source", t.Source, 1 << 10, 1 << 30, &source},
		{"memory", t.Memory, 64 << 20, 1 << 40, &l.Memory},
		{"values", t.Values, 1 << 20, 1 << 40, &l.Values},
	} {
		if err := f.readSize("limits."+n.key, n.value, n.low, n.high, n.into); err != nil {
			return Limits{}, err
		}
	}
	l.String, l.Source = int(text), int(source)
	err := f.readDuration("limits.time", t.Time, 10*time.Millisecond, &l.Time)
	if err == nil {
		err = f.readDuration("limits.old_generations", t.OldGenerations, time.Second, &l.OldGenerations)
	}
	return l, err
}

// readDuration reads one that must not be too short.
func (f *file) readDuration(key, value string, least time.Duration, into *time.Duration) error {
	d, err := clock.ParseDuration(value)
	switch {
	case err != nil:
		return f.wrong(key, "is %q: %s", value, clock.DurationForm)
	case d < least:
		return f.wrong(key, "is %q: write %s or more", value, least)
	}
	*into = d
	return nil
}

// readSize reads one within bounds.
func (f *file) readSize(key, value string, low, high int64, into *int64) error {
	n, err := parseSize(value)
	switch {
	case err != nil:
		return f.wrong(key, `is %q: write it as in "500MB", "64KB" or "1MiB"`, value)
	case n < low || n > high:
		return f.wrong(key, "is %q: write from %s to %s", value, sizeText(low), sizeText(high))
	}
	*into = n
	return nil
}

// sizeText is a power of two for a reader.
func sizeText(n int64) string {
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if n < 1024 {
			return strconv.FormatInt(n, 10) + unit
		}
		n /= 1024
	}
	return strconv.FormatInt(n, 10) + "GiB"
}

var size = regexp.MustCompile(`^(\d{1,9})(?: ?([KMG])(i?)B)?$`)

// parseSize reads "500MB", in powers of ten as disks are sold, and "512KiB", in
// powers of two as memory is.
func parseSize(text string) (int64, error) {
	m := size.FindStringSubmatch(text)
	if m == nil || m[2] == "" && m[1] != "0" {
		return 0, errors.New("no size")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit, power := int64(1000), map[string]int{"": 0, "K": 1, "M": 2, "G": 3}[m[2]]
	if m[3] != "" {
		unit = 1024
	}
	for range power {
		n *= unit
	}
	return n, err
}
