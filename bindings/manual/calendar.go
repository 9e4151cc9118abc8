package manual

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine may have no database of time zones

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/nearest"
)

// MinutesOfDay is how many minutes a day has on a clock.
const MinutesOfDay = 24 * 60

// TimeOfDay reads "22:00" as minutes since midnight.
func TimeOfDay() Type {
	return Type{Words: `a time of the day, such as "09:00"`, Read: func(v lua.LValue) (any, error) {
		return ReadTimeOfDay(v, MinutesOfDay-1)
	}}
}

// ReadTimeOfDay reads "22:00" as minutes since midnight, up to last.
func ReadTimeOfDay(v lua.LValue, last int) (int, error) {
	s, _ := v.(lua.LString)
	var hour, minute int
	if len(s) == 5 && s[2] == ':' {
		if n, err := fmt.Sscanf(string(s), "%02d:%02d", &hour, &minute); err == nil && n == 2 && AllDigits(string(s[:2]+s[3:])) &&
			minute < 60 && hour*60+minute <= last {
			return hour*60 + minute, nil
		}
	}
	hint := ""
	if len(s) == 4 && s[1] == ':' { // 9:00
		if _, err := ReadTimeOfDay("0"+s, last); err == nil {
			hint = ` (did you mean "0` + string(s) + `"?)`
		}
	}
	return 0, Faultf(`expected a time such as "07:30", got %s%s`, Shown(v), hint)
}

// AllDigits says whether s is a number without anything else.
func AllDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// DayName is that of a day of the week, from sunday.
func DayName[D int | time.Weekday](d D) string { return dayNames[d] }

// dayWords are what a script may write for several days.
var dayWords = map[string][]time.Weekday{
	"weekdays": {time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	"weekend":  {time.Saturday, time.Sunday},
}

// Week says which days of it are meant, from sunday.
type Week [7]bool

// String lists them, the week beginning on monday.
func (w Week) String() string {
	var names []string
	for i := range w {
		if d := (i + 1) % 7; w[d] {
			names = append(names, dayNames[d])
		}
	}
	return strings.Join(names, ", ")
}

// Days reads a Week.
func Days() Type {
	one := Type{Words: `a day such as "monday" or "mon", a range such as "mon-fri", "weekdays" or "weekend"`}
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
		return nil, Faultf("expected %s, got %s%s", one.Words, Shown(v), nearest.Hint(text, known))
	}
	list := ListOf(one.Words+", or a list of these", one, true)
	return Type{Words: list.Words, Read: func(v lua.LValue) (any, error) {
		items, err := list.Read(v)
		if err != nil {
			return nil, err
		}
		var days Week
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

// zones are the names that people use, of the time zone database.
//
//go:embed zones.txt
var zones string

// Zone reads the name of a time zone as a *time.Location.
func Zone() Type {
	words := `the name of a time zone, such as "Europe/Berlin"`
	return Type{Words: words, Read: func(v lua.LValue) (any, error) {
		name, _ := v.(lua.LString)
		if name != "" && name != "Local" {
			if zone, err := time.LoadLocation(string(name)); err == nil {
				return zone, nil
			}
		}
		return nil, Faultf("expected %s, got %s%s", words, Shown(v), nearest.Hint(string(name), strings.Fields(zones)))
	}}
}
