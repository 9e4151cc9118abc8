package rule

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"luahost/internal/call"
	"luahost/internal/clock"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// silent answers nothing: what a call asks of Telegram is not looked at here.
type silent struct{}

func (silent) Invoke(context.Context, bin.Encoder, bin.Decoder) error { return errors.New("silent") }

// ringing makes a call that rings on the account "home".
func ringing(t testing.TB, from *tg.User, video bool) *call.Call {
	t.Helper()
	book := call.New(call.Options{Clock: clock.NewManual(time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC))})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- book.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	requested := &tg.PhoneCallRequested{ID: 42, AdminID: from.ID, ParticipantID: 1}
	requested.SetVideo(video)
	return book.Update(call.Account{Name: "home", User: 1, Invoker: silent{}}, &tg.UpdatePhoneCall{PhoneCall: requested}, []tg.UserClass{from})
}

func options() script.Options {
	accounts := func() []string { return []string{"home", "work"} }
	return script.Options{
		Open:  func(rt *script.Runtime) { Open(rt, Options{Accounts: accounts}) },
		Clock: clock.NewManual(time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)),
	}
}

// compiled gives the rule that has the text as its when.
func compiled(t testing.TB, when string) *Rule {
	t.Helper()
	const functions = "local yes = function() end\nlocal no = function() end\n"
	s, err := scripttest.Source(t, "a.lua", functions+`rule "x" { when = `+when+`, action = function() end }`, options())
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	pin := s.Pin()
	defer pin.Release()
	return pin.Registered(Event)[0].Tag.(*Rule)
}

// The people who ring.
var (
	nobody   = &tg.User{ID: 7000000001, FirstName: "Ann", LastName: "Lee", Username: "AnnLee"}
	friend   = &tg.User{ID: 7000000002, FirstName: "Bob", Contact: true, Phone: "4930123456"}
	enemy    = &tg.User{ID: 7000000003, FirstName: "Eve"}
	many     = &tg.User{ID: 7000000004, Usernames: []tg.Username{{Username: "old"}, {Active: true, Username: "New"}}}
	unknown  = &tg.User{ID: 7000000005}
	blockers = map[int64]bool{enemy.ID: true}
)

// in is a time on the wall of a place.
func in(t testing.TB, zone, wall string) time.Time {
	t.Helper()
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", wall, place)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// ring is who rings, and when.
type ring struct {
	from  *tg.User  // default nobody, a stranger
	at    time.Time // default friday, 2026-03-06, 12:00 in Berlin
	video bool
	rings []time.Duration // how long ago the same caller rang before
}

// answered says what the rule makes of a ring: "" if it holds.
func answered(t testing.TB, r *Rule, c ring) string {
	t.Helper()
	if c.from == nil {
		c.from = nobody
	}
	if c.at.IsZero() {
		c.at = in(t, "Europe/Berlin", "2026-03-06 12:00:00")
	}
	berlin, _ := time.LoadLocation("Europe/Berlin")
	s := &session{ctx: t.Context(), left: time.Hour, Asking: Asking{Clock: clock.System{}, Within: time.Minute}}
	s.Asking.Facts = Facts{
		Call: ringing(t, c.from, c.video), Now: c.at, Location: berlin,
		Blocked: func(context.Context) (bool, error) { return blockers[c.from.ID], nil },
		Rings: func(_ context.Context, since time.Time) (at []time.Time, _ error) {
			for _, ago := range append(c.rings, 0) {
				if then := c.at.Add(-ago); !then.Before(since) {
					at = append(at, then)
				}
			}
			return at, nil
		},
	}
	f := s.newFacts()
	f.longest = r.rings
	switch v := r.when.test(&f); {
	case v.err != nil:
		return "error: " + v.err.Error()
	case v.answer == yes:
		return ""
	case v.answer == open:
		return "open"
	default:
		return v.words()
	}
}

// TestWhen is the table of conditions and their edges: what the trace says of a
// rule that does not hold, or nothing.
func TestWhen(t *testing.T) {
	const night = `{between = {"22:00", "07:00"}}`
	berlin := func(wall string) time.Time { return in(t, "Europe/Berlin", "2026-"+wall) }
	at := func(wall string) ring { return ring{at: berlin(wall)} }
	for _, c := range []struct {
		when string
		ring ring
		want string
	}{
		// No condition: everybody but contacts.
		{`nil`, ring{}, ""},
		{`{}`, ring{}, ""},
		{`{}`, ring{from: enemy}, ""},
		{`{}`, ring{from: friend}, "from: is a contact; the rule names no from, so it leaves contacts alone"},

		{`{from = "contact"}`, ring{from: friend}, ""},
		{`{from = "contact"}`, ring{}, "from: is no contact, wanted a contact"},
		{`{from = "blocked"}`, ring{from: enemy}, ""},
		{`{from = "blocked"}`, ring{}, "from: is a stranger, wanted somebody blocked"},
		{`{from = "blocked"}`, ring{from: friend}, "from: is a contact, wanted somebody blocked"},
		{`{from = "stranger"}`, ring{}, ""},
		{`{from = "stranger"}`, ring{from: unknown}, ""},
		{`{from = "stranger"}`, ring{from: friend}, "from: is a contact, wanted a stranger"},
		{`{from = "stranger"}`, ring{from: enemy}, "from: is blocked, wanted a stranger"},
		{`{from = "anyone"}`, ring{from: friend}, ""},
		{`{from = "anyone"}`, ring{from: enemy}, ""},
		{`{from = 7000000001}`, ring{}, ""},
		{`{from = 7000000002}`, ring{}, "from: is Ann Lee (@AnnLee), wanted 7000000002"},
		{`{from = "@annlee"}`, ring{}, ""},
		{`{from = "@ANNLEE"}`, ring{}, ""},
		{`{from = "@new"}`, ring{from: many}, ""},
		{`{from = "@old"}`, ring{from: many}, "from: is user 7000000004, wanted @old"},
		{`{from = "+49 (30) 123-456"}`, ring{from: friend}, ""},
		{`{from = "+49 30 123457"}`, ring{from: friend}, "from: is Bob, wanted +…57"},
		{`{from = "+4930123456"}`, ring{}, "from: is Ann Lee (@AnnLee), wanted +…56"},
		{`{from = {7, "@annlee", "+123456"}}`, ring{}, ""},
		{`{from = {7, "@x"}}`, ring{from: friend}, "from: is Bob, wanted 7 or @x"},
		{`{from = {"contact", "@annlee"}}`, ring{from: friend}, ""},
		{`{from = {"contact", "@annlee"}}`, ring{}, ""},
		{`{from = {"contact", "blocked"}}`, ring{from: unknown}, "from: is a stranger, wanted a contact or somebody blocked"},
		{`{from = {1, 2, 3, 4, 5, 6, 7}}`, ring{}, "from: is Ann Lee (@AnnLee), wanted 1 or 2 or 3 or 4 or 5 or 2 more"},

		{`{video = true}`, ring{video: true}, ""},
		{`{video = true}`, ring{}, "video: it is a voice call"},
		{`{video = false}`, ring{}, ""},
		{`{video = false}`, ring{video: true}, "video: it is a video call"},

		{`{account = "home"}`, ring{}, ""},
		{`{account = {"work", "home"}}`, ring{}, ""},
		{`{account = "work"}`, ring{}, "account: it came to home, wanted work"},

		// between: the start is in, the end is out, midnight is inside.
		{night, at("03-06 21:59:59"), "between: 21:59 is outside 22:00–07:00 (Europe/Berlin)"},
		{night, at("03-06 22:00:00"), ""},
		{night, at("03-06 23:59:59"), ""},
		{night, at("03-07 00:00:00"), ""},
		{night, at("03-07 06:59:59"), ""},
		{night, at("03-07 07:00:00"), "between: 07:00 is outside 22:00–07:00 (Europe/Berlin)"},
		{`{between = {"09:00", "17:30"}}`, at("03-06 17:29:59"), ""},
		{`{between = {"09:00", "17:30"}}`, at("03-06 17:30:00"), "between: 17:30 is outside 09:00–17:30 (Europe/Berlin)"},
		{`{between = {"18:00", "24:00"}}`, at("03-06 23:59:59"), ""},
		{`{between = {"18:00", "24:00"}}`, at("03-06 00:00:00"), "between: 00:00 is outside 18:00–24:00 (Europe/Berlin)"},
		{`{between = {"18:00", "00:00"}}`, at("03-06 23:59:59"), ""},
		{`{between = {"18:00", "00:00"}}`, at("03-06 00:00:00"), "between: 00:00 is outside 18:00–00:00 (Europe/Berlin)"},
		{`{between = {"00:00", "00:01"}}`, at("03-06 00:00:59"), ""},

		// tz: the same moment on other walls.
		{`{between = {"22:00", "07:00"}, tz = "Asia/Tokyo"}`, at("03-06 14:00:00"), ""},
		{`{between = {"22:00", "07:00"}, tz = "America/New_York"}`, at("03-06 22:00:00"), "between: 16:00 is outside 22:00–07:00 (America/New_York)"},
		{`{days = "saturday", tz = "Asia/Tokyo"}`, at("03-06 16:00:00"), ""},
		{`{days = "saturday", tz = "UTC"}`, at("03-07 00:30:00"), "days: friday, wanted saturday (UTC)"},

		// Daylight saving, Berlin: on 2026-03-29 2:00 is 3:00, on 2026-10-25 3:00 is 2:00.
		{`{between = {"02:00", "03:00"}}`, ring{at: berlin("03-29 01:59:59")}, "between: 01:59 is outside 02:00–03:00 (Europe/Berlin)"},
		{`{between = {"02:00", "03:00"}}`, ring{at: berlin("03-29 01:59:59").Add(time.Second)}, "between: 03:00 is outside 02:00–03:00 (Europe/Berlin)"},
		{`{between = {"02:30", "04:00"}}`, ring{at: berlin("03-29 01:59:59").Add(time.Second)}, ""},
		{`{between = {"02:15", "02:45"}}`, ring{at: in(t, "UTC", "2026-10-25 00:30:00")}, ""},
		{`{between = {"02:15", "02:45"}}`, ring{at: in(t, "UTC", "2026-10-25 01:30:00")}, ""},
		{`{between = {"02:15", "02:45"}}`, ring{at: in(t, "UTC", "2026-10-25 01:00:00")}, "between: 02:00 is outside 02:15–02:45 (Europe/Berlin)"},
		{`{days = "saturday", between = {"22:00", "03:00"}}`, ring{at: berlin("03-29 03:00:00")}, "days: sunday, wanted saturday (Europe/Berlin)"},
		{`{days = "saturday", between = {"22:00", "03:30"}}`, ring{at: berlin("03-29 03:00:00")}, ""},

		// days, and the week's end.
		{`{days = "friday"}`, at("03-06 00:00:00"), ""},
		{`{days = "fri"}`, at("03-06 23:59:59"), ""},
		{`{days = "friday"}`, at("03-07 00:00:00"), "days: saturday, wanted friday (Europe/Berlin)"},
		{`{days = {"Monday", "FRI"}}`, at("03-06 12:00:00"), ""},
		{`{days = "weekend"}`, at("03-07 00:00:00"), ""},
		{`{days = "weekend"}`, at("03-08 23:59:59"), ""},
		{`{days = "weekend"}`, at("03-09 00:00:00"), "days: monday, wanted saturday, sunday (Europe/Berlin)"},
		{`{days = "weekdays"}`, at("03-09 00:00:00"), ""},
		{`{days = "weekdays"}`, at("03-08 12:00:00"), "days: sunday, wanted monday, tuesday, wednesday, thursday, friday (Europe/Berlin)"},
		{`{days = "fri-mon"}`, at("03-08 12:00:00"), ""},
		{`{days = "fri-mon"}`, at("03-09 12:00:00"), ""},
		{`{days = "fri-mon"}`, at("03-10 12:00:00"), "days: tuesday, wanted monday, friday, saturday, sunday (Europe/Berlin)"},
		{`{days = "mon - fri"}`, at("03-10 12:00:00"), ""},
		{`{days = "sun-sun"}`, at("03-10 12:00:00"), "days: tuesday, wanted sunday (Europe/Berlin)"},

		// A night belongs to the day on which it begins.
		{`{days = "friday", between = {"22:00", "07:00"}}`, at("03-06 22:00:00"), ""},
		{`{days = "friday", between = {"22:00", "07:00"}}`, at("03-07 06:59:59"), ""},
		{`{days = "friday", between = {"22:00", "07:00"}}`, at("03-06 06:59:59"), "days: 06:59 belongs to the night of thursday, wanted friday (Europe/Berlin)"},
		{`{days = "friday", between = {"22:00", "07:00"}}`, at("03-07 22:00:00"), "days: saturday, wanted friday (Europe/Berlin)"},
		{`{days = "sunday", between = {"22:00", "07:00"}}`, at("03-09 03:00:00"), ""},
		{`{days = "weekend", between = {"22:00", "07:00"}}`, at("03-09 03:00:00"), ""},
		{`{days = "monday", between = {"22:00", "07:00"}}`, at("03-09 03:00:00"), "days: 03:00 belongs to the night of sunday, wanted monday (Europe/Berlin)"},
		{`{days = "monday", between = {"08:00", "17:00"}}`, at("03-09 08:00:00"), ""},
		{`{between = {"22:00", "07:00"}, any = {{days = "friday"}, {days = "sunday"}}}`, at("03-07 03:00:00"), ""},
		{`{between = {"22:00", "07:00"}, any = {{days = "saturday", between = {"00:00", "12:00"}}}}`, at("03-07 03:00:00"), ""},

		{`{repeated = {times = 3, within = "15m"}}`, ring{rings: []time.Duration{15 * time.Minute, time.Second}}, ""},
		{`{repeated = {times = 3, within = "15m"}}`, ring{rings: []time.Duration{15*time.Minute + 1, time.Second}}, "repeated: 2 calls within 15m, wanted 3"},
		{`{repeated = {times = 2, within = 90}}`, ring{}, "repeated: 1 call within 1m30s, wanted 2"},
		{`{repeated = {times = 2, within = "1d"}}`, ring{rings: []time.Duration{23 * time.Hour}}, ""},
		{`{repeated = {times = 2, within = "2d"}}`, ring{rings: []time.Duration{49 * time.Hour}}, "repeated: 1 call within 2d, wanted 2"},
		{`{repeated = {times = 2, within = "1h"}}`, ring{rings: []time.Duration{2 * time.Hour}}, "repeated: 1 call within 1h, wanted 2"},
		{`{all = {{repeated = {times = 2, within = "1h"}}, {repeated = {times = 3, within = "1d"}}}}`, ring{rings: []time.Duration{time.Minute, 20 * time.Hour}}, ""},

		// any, all, none
		{`{any = {{video = true}, {days = "friday"}}}`, ring{}, ""},
		{`{any = {{video = true}, {days = "monday"}}}`, ring{}, "any: none of 2 holds; the 1st: video: it is a voice call"},
		{`{all = {{video = false}, {days = "friday"}}}`, ring{}, ""},
		{`{all = {{video = false}, {days = "monday"}}}`, ring{}, "all: the 2nd does not hold: days: friday, wanted monday (Europe/Berlin)"},
		{`{none = {{video = true}, {days = "monday"}}}`, ring{}, ""},
		{`{none = {{video = true}, {days = "monday"}, {days = "friday"}}}`, ring{}, "none: the 3rd holds"},
		{`{none = {{any = {{all = {{days = "mon"}}}, {none = {{days = "fri"}}}}}}}`, ring{}, ""},
		{`{any = {{from = "contact"}}}`, ring{from: friend}, ""},
		{`{none = {{from = "@ann"}}}`, ring{from: friend}, ""}, // it names a from
		{`{any = {{days = "fri"}}}`, ring{from: friend}, "from: is a contact; the rule names no from, so it leaves contacts alone"},
		{`{tz = "Asia/Tokyo", any = {{between = {"20:00", "21:00"}}}}`, at("03-06 12:00:00"), ""},
		{`{tz = "Asia/Tokyo", any = {{between = {"12:00", "13:00"}, tz = "Europe/Berlin"}}}`, at("03-06 12:00:00"), ""},

		// The first that fails is named, in the order of the manual.
		{`{video = true, days = "monday", from = "contact"}`, ring{}, "video: it is a voice call"},

		// match is left to the VM, if anything is left.
		{`{match = tostring}`, ring{}, "open"},
		{`{match = tostring, video = true}`, ring{}, "video: it is a voice call"},
		{`{match = tostring}`, ring{from: friend}, "from: is a contact; the rule names no from, so it leaves contacts alone"},
		{`{any = {{match = tostring}, {days = "fri"}}}`, ring{}, ""},
		{`{any = {{match = tostring}, {days = "mon"}}}`, ring{}, "open"},
		{`{all = {{match = tostring}, {days = "mon"}}}`, ring{}, "all: the 2nd does not hold: days: friday, wanted monday (Europe/Berlin)"},
		{`{all = {{match = tostring}, {days = "fri"}}}`, ring{}, "open"},
		{`{none = {{match = tostring}, {days = "fri"}}}`, ring{}, "none: the 2nd holds"},
		{`{none = {{match = tostring}, {days = "mon"}}}`, ring{}, "open"},
	} {
		if got := answered(t, compiled(t, c.when), c.ring); got != c.want {
			t.Errorf("%s at %v: %q, want %q", c.when, c.ring.at, got, c.want)
		}
	}
}

// TestWrongWhen is what a script is told of a `when` that cannot be.
func TestWrongWhen(t *testing.T) {
	for when, want := range map[string]string{
		`5`:                            `when: expected a table of conditions, got number 5`,
		`{betwen = {"22:00", "7:00"}}`: `when.betwen: unknown condition (did you mean "between"?)`,
		`{hour = 5}`:                   `when.hour: unknown condition`,
		`{"contact"}`:                  `when: expected conditions by name, got the key number 1`,

		`{from = "contcat"}`:        `when.from: expected "contact", "blocked", "stranger" or "anyone", an id, "@name" or "+phone", got string "contcat" (did you mean "contact"?)`,
		`{from = "4930123456"}`:     `got string "…56" (an id is a number, a phone begins with +)`,
		`{from = {}}`:               `when.from: expected "contact", "blocked", "stranger" or "anyone", an id, "@name" or "+phone", or a list of these, got an empty table`,
		`{from = {"@a", true}}`:     `when.from[2]: expected "contact"`,
		`{from = {id = 5}}`:         `got a table that is no list`,
		`{from = -5}`:               `when.from: expected`,
		`{from = 1.5}`:              `when.from: expected`,
		`{from = 2^53}`:             `when.from: expected`,
		`{from = "@"}`:              `when.from: expected`,
		`{from = "+12"}`:            `when.from: expected`,
		`{from = "+12345x"}`:        `when.from: expected`,
		`{from = function() end}`:   `got function`,
		`{video = "yes"}`:           `when.video: expected true or false, got string "yes"`,
		`{account = "hom"}`:         `when.account: expected "home" or "work", got string "hom" (did you mean "home"?): the configuration has no such account`,
		`{account = {"home", "x"}}`: `when.account[2]: expected "home" or "work", got string "x": the configuration has no such account`,

		`{between = "22:00-07:00"}`:           `when.between: expected two times of the day, as in {"22:00", "07:00"}, got string "22:00-07:00"`,
		`{between = {"22:00"}}`:               `when.between: expected two times of the day, as in {"22:00", "07:00"}, got a table with 1 values`,
		`{between = {"1:00", "07:00"}}`:       `when.between[1]: expected a time such as "07:30", got string "1:00"`,
		`{between = {"22:00", "7"}}`:          `when.between[2]: expected a time such as "07:30", got string "7"`,
		`{between = {"24:00", "07:00"}}`:      `when.between[1]: expected a time`,
		`{between = {"22:60", "07:00"}}`:      `when.between[1]: expected a time`,
		`{between = {"22:00", "24:01"}}`:      `when.between[2]: expected a time`,
		`{between = {"+2:00", "07:00"}}`:      `when.between[1]: expected a time`,
		`{between = {22, 7}}`:                 `when.between[1]: expected a time such as "07:30", got number 22`,
		`{between = {"22:00", "22:00"}}`:      `when.between: from 22:00 to 22:00 is all day or never: leave it out`,
		`{between = {"00:00", "24:00"}}`:      `when.between: from 00:00 to 24:00 is all day or never: leave it out`,
		`{between = {from="22:00", "07:00"}}`: `when.between: expected two times`,

		`{days = "firday"}`:            `when.days: expected a day such as "monday" or "mon", a range such as "mon-fri", "weekdays" or "weekend", got string "firday" (did you mean "friday"?)`,
		`{days = "mon-xyz"}`:           `when.days: expected a day`,
		`{days = ""}`:                  `when.days: expected a day`,
		`{days = 5}`:                   `when.days: expected a day`,
		`{days = {}}`:                  `got an empty table`,
		`{days = {"mon", 5}}`:          `when.days[2]: expected a day`,
		`{days = {monday = true}}`:     `got a table that is no list`,
		`{days = "mon", tz = "CEST"}`:  `when.tz: expected the name of a time zone, such as "Europe/Berlin", got string "CEST"`,
		`{days = "mon", tz = ""}`:      `when.tz: expected the name`,
		`{days = "mon", tz = "Local"}`: `when.tz: expected the name`,
		`{days = "mon", tz = "../x"}`:  `when.tz: expected the name`,
		`{days = "mon", tz = 1}`:       `when.tz: expected the name`,
		`{tz = "Europe/Berlin"}`:       `when.tz: nothing here goes by the clock: there is neither between nor days`,

		`{repeated = 3}`:                              `when.repeated: expected a table such as {times=3, within="15m"}, got number 3`,
		`{repeated = {times = 3}}`:                    `when.repeated.within: missing, expected a duration`,
		`{repeated = {times = 1, within = "15m"}}`:    `when.repeated.times: expected a whole number from 2 to 1000, got number 1`,
		`{repeated = {times = 2.5, within = "1m"}}`:   `when.repeated.times: expected a whole number`,
		`{repeated = {times = 3, within = "15 min"}}`: `when.repeated.within: expected a duration: seconds, or text such as "15m" or "1h30m", got string "15 min"`,
		`{repeated = {times = 3, within = 0}}`:        `when.repeated.within: expected a duration`,
		`{repeated = {time = 3, within = 1}}`:         `when.repeated.time: unknown field (did you mean "times"?)`,

		`{match = true}`:         `when.match: expected a function that gets the call, got boolean true`,
		`{any = {}}`:             `when.any: expected a list of tables of conditions, {{…}, {…}}, got an empty table`,
		`{any = {video = true}}`: `when.any: expected a list of tables of conditions, {{…}, {…}}, got a table that is no list`,
		`{any = {{}}}`:           `when.any[1]: an empty table says nothing, leave it out`,
		`{all = {"contact"}}`:    `when.all[1]: expected a table of conditions, got string "contact"`,
		`{none = {{video = true}, {any = {{days = "x"}}}}}`:      `when.none[2].any[1].days: expected a day`,
		`{none = {{tz = "Asia/Tokyo"}}}`:                         `when.none[1].tz: nothing here goes by the clock`,
		`(function() local t = {}; t.any = {t}; return t end)()`: `tables of conditions are nested more than 16 deep`,
	} {
		_, err := scripttest.Source(t, "a.lua", "\nrule \"x\" {\n  when = "+when+",\n  action = function() end,\n}", options())
		if err == nil || !strings.HasPrefix(err.Error(), `a.lua:2: rule "x": when`) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n  %v\n  want a.lua:2: … %s", when, err, want)
		}
	}
}

// A call counts itself also where nobody keeps a log.
func TestRingsWithoutALog(t *testing.T) {
	s := &session{ctx: t.Context(), left: time.Hour, Asking: Asking{Facts: Facts{Call: ringing(t, nobody, false)}}}
	f := s.newFacts()
	v := compiled(t, `{repeated = {times = 2, within = "1h"}}`).when.test(&f)
	if got := v.words(); got != "repeated: 1 call within 1h, wanted 2" {
		t.Errorf("says %s", got)
	}
}

// TestFactsAreAskedOnce has several conditions of several rules need the same.
func TestFactsAreAskedOnce(t *testing.T) {
	blockedAsked, ringsAsked := 0, 0
	a := Facts{
		Call: ringing(t, nobody, false), Now: in(t, "UTC", "2026-03-06 12:00:00"),
		Blocked: func(context.Context) (bool, error) { blockedAsked++; return false, nil },
		Rings: func(_ context.Context, since time.Time) ([]time.Time, error) {
			ringsAsked++
			if want := in(t, "UTC", "2026-03-05 12:00:00"); !since.Equal(want) {
				t.Errorf("rings since %v, want %v", since, want)
			}
			return nil, errors.New("the disk is full")
		},
	}
	s := &session{ctx: t.Context(), left: time.Hour, Asking: Asking{Clock: clock.System{}, Within: time.Minute, Facts: a}}
	f := s.newFacts()
	f.longest = 24 * time.Hour
	stranger := compiled(t, `{any = {{from = "blocked"}, {from = "stranger"}, {from = "stranger", days = "mon"}}}`)
	repeated := compiled(t, `{any = {{repeated = {times = 2, within = "1d"}}, {repeated = {times = 2, within = "1m"}}}}`)
	for range 3 {
		if v := stranger.when.test(&f); v.answer != yes {
			t.Errorf("not a stranger: %s", v.words())
		}
		if v := repeated.when.test(&f); v.err == nil || v.err.Error() != "count the caller's calls: the disk is full" {
			t.Errorf("the failure of the log is %v", v.err)
		}
	}
	if blockedAsked != 1 || ringsAsked != 1 {
		t.Errorf("asked %d and %d times", blockedAsked, ringsAsked)
	}
}

// TestConditionsArePaidFor has a few lines stand for more conditions than a host has
// memory for; a long list is nothing against that.
func TestConditionsArePaidFor(t *testing.T) {
	const long = "local list = {}\nfor i = 1, 1000 do list[i] = i end\n"
	for name, test := range map[string]struct {
		source string
		over   bool
	}{
		"tables within tables": {`
local when = {video = true}
for _ = 1, 7 do when = {any = {when, when, when, when, when, when}} end
rule "x" {when = when, action = function() end}`, true},
		"one list for many rules": {long + `for i = 1, 1000 do rule("x" .. i) {when = {from = list}, action = function() end} end`, true},
		"a long list":             {long + `rule "x" {when = {from = list}, action = function() end}`, false},
	} {
		_, err := scripttest.Source(t, "a.lua", test.source, options())
		if errors.Is(err, sandbox.ErrInstructions) != test.over || !test.over && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
