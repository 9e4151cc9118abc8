package rule

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
)

// interval is a time of day, in minutes since midnight: from start to just before
// end, over midnight if end is the smaller one.
type interval struct {
	start, end int
	text       string // 22:00–07:00
}

const day = manual.MinutesOfDay

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
		start, err := manual.ReadTimeOfDay(tb.RawGetInt(1), day-1)
		if err != nil {
			return nil, manual.AtIndex(1, err)
		}
		end, err := manual.ReadTimeOfDay(tb.RawGetInt(2), day)
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

func compileDays(value any, s *scope) test {
	days, zone, hours := value.(manual.Week), s.zone, s.night
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
		return no(saw + manual.DayName(today) + ", wanted " + text + now.zone)
	}
}
