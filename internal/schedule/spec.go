package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"luahost/internal/clock"
)

// Kinds of timers, by the names of the functions that make them.
const (
	KindAfter = "after"
	KindEvery = "every"
	KindDaily = "daily"
	KindCron  = "cron"
)

// MinEvery is the shortest time between two firings of a timer.
const MinEvery = time.Second

// MaxAhead is how far in the future a timer may be due.
const MaxAhead = 10 * 366 * 24 * time.Hour

// Spec says when a timer is due. The zero Spec is no timer's.
type Spec struct {
	kind string
	d    time.Duration // of after and every
	text string        // of daily and cron
	cal  *calendar
}

var (
	errEvery = errors.New("at most once a second")
	errAhead = errors.New("at most ten years")
)

// After is due once, when d has passed.
func After(d time.Duration) (Spec, error) {
	if d > MaxAhead {
		return Spec{}, errAhead
	}
	return Spec{kind: KindAfter, d: d}, nil
}

// Every is due whenever d has passed, at least MinEvery.
func Every(d time.Duration) (Spec, error) {
	switch {
	case d < MinEvery:
		return Spec{}, errEvery
	case d > MaxAhead:
		return Spec{}, errAhead
	}
	return Spec{kind: KindEvery, d: d}, nil
}

// Daily is due at a time of the day, in minutes after midnight, on those days of
// the week, from sunday; on all if there are none.
func Daily(minute int, days [7]bool, zone *time.Location) Spec {
	c := &calendar{
		minute: 1 << (minute % 60), hour: 1 << (minute / 60), dom: bits(1, 31), month: bits(1, 12), zone: zone,
	}
	var names []string
	for i := range days {
		if d := (i + 1) % 7; days[d] {
			c.dow |= 1 << d
			names = append(names, strings.ToLower(time.Weekday(d).String()[:3]))
		}
	}
	text := fmt.Sprintf("%02d:%02d", minute/60, minute%60)
	switch len(names) {
	case 0:
		c.dow = bits(0, 6)
	case 7:
	default:
		text += " " + strings.Join(names, ",")
	}
	return Spec{kind: KindDaily, cal: c, text: text + in(zone)}
}

// in tells the zone where it is not that of the machine.
func in(zone *time.Location) string {
	if zone == time.Local {
		return ""
	}
	return " " + zone.String()
}

// bits from first to last.
func bits(first, last uint) uint64 { return (1<<(last-first+1) - 1) << first }

// Kind is one of the four.
func (s Spec) Kind() string { return s.kind }

// String is the same for specs that are due at the same times.
func (s Spec) String() string {
	if s.cal == nil {
		return clock.Brief(s.d)
	}
	return s.text
}

// Repeats says whether there is another time after the first.
func (s Spec) Repeats() bool { return s.kind != "" && s.kind != KindAfter }

// calendar says whether the timer goes by the clock on the wall, named or not.
func (s Spec) calendar() bool { return s.cal != nil }

// First is when a timer that is made now is first due.
func (s Spec) First(now time.Time) time.Time {
	if s.cal == nil {
		return now.Add(s.d)
	}
	at, _ := s.cal.next(now) // there is one: checked when the spec was made
	return at
}

// Sooner is when a timer that was to be due is due, now that the clock was set back:
// every does not wait for longer than its period, nor after than its delay. Of daily and cron, what is due
// again within a few hours has run already; if it is more, the clock was wrong before.
func (s Spec) Sooner(due, now time.Time, by time.Duration) time.Time {
	const wrong = 3 * time.Hour
	if s.cal == nil && now.Add(s.d).Before(due) || s.cal != nil && by > wrong {
		return s.First(now)
	}
	return due
}

// Next is when a timer that was due is due again, which is after now: what was
// missed meanwhile is not due any more.
func (s Spec) Next(due, now time.Time) time.Time {
	if s.cal != nil {
		if now.Before(due) {
			now = due
		}
		return s.First(now)
	}
	if passed := now.Sub(due); passed >= 0 {
		due = due.Add(passed - passed%s.d)
	}
	return due.Add(s.d)
}
