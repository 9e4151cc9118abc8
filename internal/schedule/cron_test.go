package schedule_test

import (
	"strings"
	"testing"
	"time"

	"luahost/internal/schedule"
)

func TestCronFaults(t *testing.T) {
	for expr, want := range map[string]string{
		"":                                       "expected five fields (minute, hour, day of the month, month, day of the week), got 0",
		"* * * *":                                "expected five fields (minute, hour, day of the month, month, day of the week), got 4",
		"TZ=UTC 0 0 * * *":                       "expected five fields (minute, hour, day of the month, month, day of the week), got 6",
		"TZ=UTC 0 * * *":                         `minute "tz=utc": expected 0-59, as in *, 5, 1-5, 1,3 or */2`,
		"60 * * * *":                             `minute "60": expected 0-59 (end of range (60) above maximum (59): 60)`,
		"* 24 * * *":                             `hour "24": expected 0-23 (end of range (24) above maximum (23): 24)`,
		"* * 0 * *":                              `day of the month "0": expected 1-31 (beginning of range (0) below minimum (1): 0)`,
		"* * * 13 *":                             `month "13": expected 1-12 or jan-dec (end of range (13) above maximum (12): 13)`,
		"* * * jam *":                            `month "jam": expected 1-12 or jan-dec (jam)`,
		"* * * * 8":                              `day of the week "8": expected 0-7 or sun-sat (end of range (8) above maximum (6): 8)`,
		"5-1 * * * *":                            `minute "5-1": expected 0-59 (beginning of range (5) beyond end of range (1): 5-1)`,
		"*/0 * * * *":                            `minute "*/0": expected 0-59 (step of range should be a positive number: */0)`,
		"1,,2 * * * *":                           `minute "1,,2": expected 0-59, as in *, 5, 1-5, 1,3 or */2`,
		", * * * *":                              `minute ",": expected 0-59, as in *, 5, 1-5, 1,3 or */2`,
		"-1 * * * *":                             `minute "-1": expected 0-59, as in *, 5, 1-5, 1,3 or */2`,
		"99999999999 * * * *":                    `minute "99999999999": expected 0-59 (`,
		"@montly":                                `there is no "@montly" (did you mean "@monthly"?)`,
		"@every 1h":                              `a cron expression is about the calendar: every("10m", …) repeats by a duration`,
		"0 0 30 2 *":                             "no day is like that",
		"0 0 31 4,6,9,11 *":                      "no day is like that",
		"* * * * ЖЖЖ":                            `day of the week "жжж": expected 0-7 or sun-sat, as in *, 5, 1-5, 1,3 or */2`,
		strings.Repeat("1,", 5000) + "1 * * * *": "at most 400 characters",
	} {
		if _, err := schedule.Cron(expr, time.UTC); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v\nwant %s", expr, err, want)
		}
	}
}

func TestSpecText(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for want, s := range map[string]schedule.Spec{
		"30m":                         after(30 * time.Minute),
		"1h30m":                       every(90 * time.Minute),
		"1h0m1s":                      every(time.Hour + time.Second),
		"48h":                         after(48 * time.Hour),
		"250ms":                       after(250 * time.Millisecond),
		"0 9 * * mon-fri":             mustCron(t, " 0  9 * * MON-FRI ", time.Local),
		"@daily Europe/Berlin":        mustCron(t, "@Daily", berlin),
		"09:05":                       schedule.Daily(9*60+5, [7]bool{}, time.Local),
		"00:00 mon,sun Europe/Berlin": schedule.Daily(0, [7]bool{true, true}, berlin),
		"09:00":                       schedule.Daily(9*60, [7]bool{true, true, true, true, true, true, true}, time.Local),
	} {
		if got := s.String(); got != want {
			t.Errorf("is %q, want %q", got, want)
		}
	}
}

func mustCron(t *testing.T, expr string, l *time.Location) schedule.Spec {
	t.Helper()
	s, err := schedule.Cron(expr, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever is parsed is due at a time that the expression names, later than asked.
func FuzzCron(f *testing.F) {
	for _, expr := range []string{"*/5 * * * *", "0 0 29 2 *", "@weekly", "1-5,7 0 1 jan sun", "0 0 * * 5-7", "? ? ? ? ?"} {
		f.Add(expr, int64(1_770_000_000))
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expr string, at int64) {
		s, err := schedule.Cron(expr, berlin)
		if err != nil || at < 0 || at > 1<<32 {
			return
		}
		now := time.Unix(at, 0)
		for range 3 {
			next := s.First(now)
			if !next.After(now) || next.Second() != 0 {
				t.Fatalf("%q after %v is due %v", expr, now, next)
			}
			now = next
		}
	})
}
