package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine may have no database of time zones

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/internal/nearest"
)

// interval is a time of day, in minutes since midnight: from start to just before
// end, over midnight if end is the smaller one.
type interval struct {
	start, end int
	text       string // 22:00–07:00
}

const day = 24 * 60

func (i *interval) overMidnight() bool { return i.start > i.end }

func (i *interval) holds(minute int) bool {
	if i.overMidnight() {
		return minute >= i.start || minute < i.end
	}
	return minute >= i.start && minute < i.end
}

func betweenType() manual.Type {
	words := `two times of the day, as in {"22:00", "07:00"}`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		tb, ok := v.(*lua.LTable)
		if !ok || tb.Len() != 2 || length(tb) != 2 {
			return nil, manual.Faultf("expected %s, got %s", words, tableOf(v))
		}
		start, err := readTime(tb.RawGetInt(1), day-1)
		if err != nil {
			return nil, manual.AtIndex(1, err)
		}
		end, err := readTime(tb.RawGetInt(2), day)
		if err != nil {
			return nil, manual.AtIndex(2, err)
		}
		if start == end || end == day && start == 0 {
			return nil, manual.Faultf("from %s to %s is all day or never: leave it out", tb.RawGetInt(1), tb.RawGetInt(2))
		}
		return &interval{start, end, tb.RawGetInt(1).String() + "–" + tb.RawGetInt(2).String()}, nil
	}}
}

func length(tb *lua.LTable) (n int) {
	tb.ForEach(func(lua.LValue, lua.LValue) { n++ })
	return n
}

func tableOf(v lua.LValue) string {
	if tb, ok := v.(*lua.LTable); ok {
		return fmt.Sprintf("a table with %d values", length(tb))
	}
	return manual.Shown(v)
}

// readTime reads "22:00" as minutes since midnight.
func readTime(v lua.LValue, last int) (int, error) {
	s, _ := v.(lua.LString)
	var hour, minute int
	if len(s) == 5 && s[2] == ':' {
		if n, err := fmt.Sscanf(string(s), "%02d:%02d", &hour, &minute); err == nil && n == 2 && isDigits(string(s[:2]+s[3:])) &&
			minute < 60 && hour*60+minute <= last {
			return hour*60 + minute, nil
		}
	}
	return 0, manual.Faultf(`expected a time such as "07:30", got %s`, manual.Shown(v))
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func compileBetween(_ any, s *scope) test {
	hours, zone := s.night, s.zone
	s.clock = true
	return func(f *facts) verdict {
		now := f.at(zone)
		if hours.holds(now.minute) {
			return held
		}
		return no(now.text + " is outside " + hours.text + now.zone)
	}
}

var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// dayWords are what a script may write for several days.
var dayWords = map[string][]time.Weekday{
	"weekdays": {time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	"weekend":  {time.Saturday, time.Sunday},
}

func daysType() manual.Type {
	one := manual.Type{Words: `a day such as "monday" or "mon", a range such as "mon-fri", "weekdays" or "weekend"`}
	one.Read = func(v lua.LValue) (any, error) {
		s, _ := v.(lua.LString)
		text := strings.ToLower(string(s))
		if days, ok := dayWords[text]; ok {
			return days, nil
		}
		if days, ok := dayRange(text); ok {
			return days, nil
		}
		known := append([]string{"weekdays", "weekend"}, dayNames...)
		return nil, manual.Faultf("expected %s, got %s%s", one.Words, manual.Shown(v), nearest.Hint(text, known))
	}
	list := manual.ListOf(one.Words+", or a list of these", one, true)
	return manual.Type{Words: list.Words, Read: func(v lua.LValue) (any, error) {
		items, err := list.Read(v)
		if err != nil {
			return nil, err
		}
		var days week
		for _, item := range items.([]any) {
			for _, d := range item.([]time.Weekday) {
				days[d] = true
			}
		}
		return days, nil
	}}
}

// dayRange reads "monday" or "fri-mon".
func dayRange(text string) ([]time.Weekday, bool) {
	first, last, isRange := strings.Cut(text, "-")
	from, ok := weekday(strings.TrimSpace(first))
	if !ok {
		return nil, false
	}
	if !isRange {
		return []time.Weekday{from}, true
	}
	to, ok := weekday(strings.TrimSpace(last))
	if !ok {
		return nil, false
	}
	days := []time.Weekday{from}
	for d := from; d != to; {
		d = (d + 1) % 7
		days = append(days, d)
	}
	return days, true
}

func weekday(name string) (time.Weekday, bool) {
	i := slices.IndexFunc(dayNames, func(day string) bool { return name == day || name == day[:3] })
	return time.Weekday(i), i >= 0
}

// week says which days of it are meant.
type week [7]bool

// String lists them, the week beginning on monday.
func (w week) String() string {
	var names []string
	for i := range w {
		if d := (i + 1) % 7; w[d] {
			names = append(names, dayNames[d])
		}
	}
	return strings.Join(names, ", ")
}

func compileDays(value any, s *scope) test {
	days, zone, hours := value.(week), s.zone, s.night
	text := days.String()
	s.clock = true
	return func(f *facts) verdict {
		now := f.at(zone)
		today, saw := now.day, ""
		if hours != nil && hours.overMidnight() && now.minute < hours.end {
			today = (today + 6) % 7
			saw = now.text + " belongs to the night of "
		}
		if days[today] {
			return held
		}
		return no(saw + dayNames[today] + ", wanted " + text + now.zone)
	}
}

func zoneType() manual.Type {
	words := `the name of a time zone, such as "Europe/Berlin"`
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		name, _ := v.(lua.LString)
		if name != "" && name != "Local" {
			if zone, err := time.LoadLocation(string(name)); err == nil {
				return zone, nil
			}
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}
