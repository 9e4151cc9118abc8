package schedule

import "time"

// calendar are the local times of a zone at which something is due, to the minute.
//
// Most of them are due once for each day whatever the clocks do: a time that a
// change of the clocks skips is due when they have changed, one that comes twice
// the first time. Those that name no hour go by the time that passes.
type calendar struct {
	minute, hour, dom, month, dow uint64 // a bit for each that counts

	eitherDay bool // dom and dow both name some: one of them is enough
	hourly    bool // every hour counts: what is skipped is not made up for
	twice     bool // due in both of the hours that a repeated one makes
	zone      *time.Location
}

// horizon is how far next looks: from one 29 February to the next it may be eight
// years.
const horizon = 9

// next is the first moment after the given one that is due; false: there is none.
func (c *calendar) next(after time.Time) (time.Time, bool) {
	after = after.In(c.zone)
	stretch := c.stretchOf(after)
	from := stretch.wall(after).Truncate(time.Minute).Add(time.Minute)
	limit := from.AddDate(horizon, 0, 0)
	for {
		if !c.twice && from.Before(stretch.repeated) {
			from = ceilMinute(stretch.repeated)
		}
		until := limit
		if !stretch.end.IsZero() && stretch.wall(stretch.end).Before(limit) {
			until = stretch.wall(stretch.end)
		}
		if at, ok := c.first(from, until); ok {
			return stretch.instant(at).In(c.zone), true
		}
		if until.Equal(limit) {
			return time.Time{}, false
		}
		following := c.stretchOf(stretch.end)
		from = following.wall(stretch.end)
		if _, skipped := c.first(ceilMinute(until), from); skipped && !c.hourly {
			return stretch.end, true
		}
		stretch, from = following, ceilMinute(from)
	}
}

// stretch is a time in which the clocks of a zone are not changed. Times on these
// clocks are written as if they were UTC.
type stretch struct {
	end      time.Time     // zero: never
	offset   time.Duration // of the clocks, ahead of UTC
	repeated time.Time     // on the clocks: up to then they have been before; zero: not at all
}

func (c *calendar) stretchOf(t time.Time) stretch {
	t = t.In(c.zone)
	start, end := t.ZoneBounds()
	s := stretch{end: end, offset: offset(t)}
	if !start.IsZero() {
		if before := offset(start.Add(-1)); before > s.offset {
			s.repeated = start.UTC().Add(before)
		}
	}
	return s
}

func (s stretch) wall(t time.Time) time.Time       { return t.UTC().Add(s.offset) }
func (s stretch) instant(wall time.Time) time.Time { return wall.Add(-s.offset) }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

func ceilMinute(t time.Time) time.Time {
	if whole := t.Truncate(time.Minute); whole.Before(t) {
		return whole.Add(time.Minute)
	}
	return t
}

// first is the first time on the clocks that is due, from a whole minute to just
// before another time.
func (c *calendar) first(from, until time.Time) (time.Time, bool) {
	midnight := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	minute := from.Hour()*60 + from.Minute()
	for midnight.Before(until) {
		switch {
		case c.month&(1<<midnight.Month()) == 0:
			midnight = time.Date(midnight.Year(), midnight.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case c.day(midnight) && c.firstMinute(&minute):
			at := midnight.Add(time.Duration(minute) * time.Minute)
			return at, at.Before(until)
		default:
			midnight = midnight.AddDate(0, 0, 1)
		}
		minute = 0
	}
	return time.Time{}, false
}

func (c *calendar) day(midnight time.Time) bool {
	ofMonth, ofWeek := c.dom&(1<<midnight.Day()) != 0, c.dow&(1<<midnight.Weekday()) != 0
	if c.eitherDay {
		return ofMonth || ofWeek
	}
	return ofMonth && ofWeek
}

// firstMinute moves minute, of a day, to the first that counts.
func (c *calendar) firstMinute(minute *int) bool {
	for ; *minute < 24*60; *minute++ {
		if c.hour&(1<<(*minute/60)) == 0 {
			*minute += 59 - *minute%60
			continue
		}
		if c.minute&(1<<(*minute%60)) != 0 {
			return true
		}
	}
	return false
}
