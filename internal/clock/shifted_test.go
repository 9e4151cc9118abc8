package clock_test

import (
	"testing"
	"time"

	"luahost/internal/clock"
)

func TestShifted(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	manual := clock.NewManual(noon)
	night := clock.Shifted{Clock: manual, By: 11 * time.Hour}
	rang := make(chan time.Time, 1)
	night.AfterFunc(time.Minute, func() { rang <- night.Now() })
	manual.Advance(time.Minute)
	if got, want := <-rang, noon.Add(11*time.Hour+time.Minute); !got.Equal(want) {
		t.Errorf("the timer rang at %s, want %s", got, want)
	}
}
