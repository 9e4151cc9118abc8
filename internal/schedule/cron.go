package schedule

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"luahost/internal/clip"
	"luahost/internal/nearest"
)

// fields of a cron expression, in their order.
var fields = []struct {
	name   string
	parser cron.Parser // of this field alone
	bits   func(*cron.SpecSchedule) uint64
	from   uint
	to     uint
	usage  string
}{
	{"minute", cron.NewParser(cron.Minute), func(s *cron.SpecSchedule) uint64 { return s.Minute }, 0, 59, "0-59"},
	{"hour", cron.NewParser(cron.Hour), func(s *cron.SpecSchedule) uint64 { return s.Hour }, 0, 23, "0-23"},
	{"day of the month", cron.NewParser(cron.Dom), func(s *cron.SpecSchedule) uint64 { return s.Dom }, 1, 31, "1-31"},
	{"month", cron.NewParser(cron.Month), func(s *cron.SpecSchedule) uint64 { return s.Month }, 1, 12, "1-12 or jan-dec"},
	{"day of the week", cron.NewParser(cron.Dow), func(s *cron.SpecSchedule) uint64 { return s.Dow }, 0, 6, "0-7 or sun-sat"},
}

// words stand for a whole expression.
var words = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// known lists words in the order in which a person is told of them.
var known = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

// maxExpression is how long one may be: that of a person is a tenth of it.
const maxExpression = 400

// item is one of those that commas join: *, 5, 1-5, mon-fri, */10, 8-18/2.
var item = regexp.MustCompile(`^(\*|\?|[0-9]+|[a-z]{3}|(?:[0-9]+|[a-z]{3})-(?:[0-9]+|[a-z]{3}))(/[0-9]+)?$`)

// sunday is the day of the week at the end of a range, where it is the eighth.
var sunday = regexp.MustCompile(`^([0-6]|[a-z]{3})-(7|sun)$`)

// Cron is due when all five fields say so: minute, hour, day of the month, month
// and day of the week; if both days are named, one of them is enough.
func Cron(expr string, zone *time.Location) (Spec, error) {
	if len(expr) > maxExpression {
		return Spec{}, fmt.Errorf("at most %d characters", maxExpression)
	}
	text := strings.Join(strings.Fields(strings.ToLower(expr)), " ")
	c, err := parseCron(text)
	if err != nil {
		return Spec{}, err
	}
	c.zone = zone
	if _, ok := c.next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return Spec{}, fmt.Errorf("no day is like that")
	}
	return Spec{kind: KindCron, cal: c, text: text + in(zone)}, nil
}

func parseCron(text string) (*calendar, error) {
	if strings.HasPrefix(text, "@every") {
		return nil, fmt.Errorf(`a cron expression is about the calendar: every("10m", …) repeats by a duration`)
	}
	if strings.HasPrefix(text, "@") {
		expr, ok := words[text]
		if !ok {
			return nil, fmt.Errorf("there is no %q%s", clip.Text(text, maxShown), nearest.Hint(text, known))
		}
		text = expr
	}
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return nil, fmt.Errorf(`expected five fields (minute, hour, day of the month, month, day of the week), got %d`, len(parts))
	}
	var found [5]uint64
	for i, f := range fields {
		b, err := parseField(i, parts[i])
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", f.name, clip.Text(parts[i], maxShown), err)
		}
		found[i] = b & bits(f.from, f.to)
	}
	wild := func(i int) bool { return strings.ContainsAny(parts[i], "*?") }
	hourly := found[1] == bits(0, 23)
	return &calendar{
		minute: found[0], hour: found[1], dom: found[2], month: found[3], dow: found[4],
		eitherDay: !wild(2) && !wild(4), hourly: hourly, twice: hourly || wild(0),
	}, nil
}

func parseField(i int, text string) (uint64, error) {
	f := fields[i]
	items := strings.Split(text, ",")
	for j, one := range items {
		if !item.MatchString(one) {
			return 0, fmt.Errorf("expected %s, as in *, 5, 1-5, 1,3 or */2", f.usage)
		}
		if m := sunday.FindStringSubmatch(one); f.name == "day of the week" && m != nil {
			items[j] = m[1] + "-6,0"
		} else if f.name == "day of the week" && one == "7" {
			items[j] = "0"
		}
	}
	parsed, err := f.parser.Parse(strings.Join(items, ","))
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), ": strconv.") // who parsed it
		reason = strings.TrimPrefix(reason, "failed to parse int from ")
		return 0, fmt.Errorf("expected %s (%s)", f.usage, clip.Text(reason, maxShown))
	}
	return f.bits(parsed.(*cron.SpecSchedule)), nil
}

// maxShown is how much an error shows of what a script has written.
const maxShown = 80
