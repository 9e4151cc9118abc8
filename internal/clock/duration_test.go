package clock_test

import (
	"testing"
	"time"

	"luahost/internal/clock"
)

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 20 * time.Second: "20s", 15 * time.Minute: "15m", 90 * time.Minute: "1h30m", 24 * time.Hour: "24h",
		time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := clock.Brief(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "20s": 20 * time.Second, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond,
		"7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "1.5d": 36 * time.Hour,
	} {
		if got, err := clock.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "7", "d", "-1s", "-1d", "1d-2h", "1h1d", "a day", "1000000d", "106751d23h47m17s", "99999999999999999999d", "1e9h"} {
		if got, err := clock.ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
