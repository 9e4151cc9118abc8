package schedule_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"luahost/internal/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func cron(t testing.TB, expr, in string) schedule.Spec {
	t.Helper()
	s, err := schedule.Cron(expr, zone(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func daily(t testing.TB, minute int, in string) schedule.Spec {
	return schedule.Daily(minute, [7]bool{}, zone(t, in))
}

const layout = "2006-01-02 15:04 -0700"

// The firings were worked out by hand.
func TestChangesOfTheClocks(t *testing.T) {
	const half, nine, zero = 2*60 + 30, 9 * 60, 0
	for name, c := range map[string]struct {
		spec  schedule.Spec
		after string
		want  []string
	}{
		"daily in a gap runs when it ends": {
			daily(t, half, "Europe/Berlin"), "2026-03-27 12:00 +0100",
			[]string{"2026-03-28 02:30 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"},
		},
		"daily in a fold runs the first time": {
			daily(t, half, "Europe/Berlin"), "2026-10-24 12:00 +0200",
			[]string{"2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"},
		},
		"daily beside the changes": {
			daily(t, nine, "Europe/Berlin"), "2026-10-24 12:00 +0200",
			[]string{"2026-10-25 09:00 +0100", "2026-10-26 09:00 +0100"},
		},
		"begun in the second hour of a fold": {
			daily(t, half, "Europe/Berlin"), "2026-10-25 02:10 +0100", []string{"2026-10-26 02:30 +0100"},
		},
		"begun in the first hour of a fold": {
			daily(t, half, "Europe/Berlin"), "2026-10-25 02:10 +0200", []string{"2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"},
		},
		"the end of a fold is no repetition": {
			daily(t, 3*60, "Europe/Berlin"), "2026-10-24 12:00 +0200",
			[]string{"2026-10-25 03:00 +0100", "2026-10-26 03:00 +0100"},
		},
		"the end of a gap is no gap": {
			daily(t, 3*60, "Europe/Berlin"), "2026-03-28 12:00 +0100",
			[]string{"2026-03-29 03:00 +0200", "2026-03-30 03:00 +0200"},
		},
		"a gap at midnight, Beirut": {
			daily(t, zero, "Asia/Beirut"), "2026-03-28 12:00 +0200",
			[]string{"2026-03-29 01:00 +0300", "2026-03-30 00:00 +0300"},
		},
		"a fold at midnight, Beirut": {
			daily(t, 23*60+30, "Asia/Beirut"), "2026-10-24 12:00 +0300",
			[]string{"2026-10-24 23:30 +0300", "2026-10-25 23:30 +0200"},
		},
		"a gap at midnight, São Paulo": {
			cron(t, "0 0 4 11 *", "America/Sao_Paulo"), "2018-11-01 12:00 -0300",
			[]string{"2018-11-04 01:00 -0200", "2019-11-04 00:00 -0300"},
		},
		"a fold at midnight, São Paulo": {
			cron(t, "30 23 * * sat", "America/Sao_Paulo"), "2018-02-17 12:00 -0200",
			[]string{"2018-02-17 23:30 -0200", "2018-02-24 23:30 -0300"},
		},
		"a gap of half an hour, Lord Howe": {
			daily(t, 2*60+10, "Australia/Lord_Howe"), "2026-10-03 12:00 +1030",
			[]string{"2026-10-04 02:30 +1100", "2026-10-05 02:10 +1100"},
		},
		"a fold of half an hour, Lord Howe": {
			daily(t, 60+45, "Australia/Lord_Howe"), "2026-04-04 12:00 +1100",
			[]string{"2026-04-05 01:45 +1100", "2026-04-06 01:45 +1030"},
		},
		"every half hour, Lord Howe": {
			cron(t, "*/30 * * * *", "Australia/Lord_Howe"), "2026-04-05 00:45 +1100",
			[]string{"2026-04-05 01:00 +1100", "2026-04-05 01:30 +1100", "2026-04-05 01:30 +1030", "2026-04-05 02:00 +1030"},
		},
		"a day that never was, Apia": {
			daily(t, nine, "Pacific/Apia"), "2011-12-29 08:00 -1000",
			[]string{"2011-12-29 09:00 -1000", "2011-12-31 00:00 +1400", "2011-12-31 09:00 +1400"},
		},
		"every hour through a gap": {
			cron(t, "30 * * * *", "Europe/Berlin"), "2026-03-29 01:00 +0100",
			[]string{"2026-03-29 01:30 +0100", "2026-03-29 03:30 +0200", "2026-03-29 04:30 +0200"},
		},
		"every hour through a fold": {
			cron(t, "30 * * * *", "Europe/Berlin"), "2026-10-25 01:00 +0200",
			[]string{"2026-10-25 01:30 +0200", "2026-10-25 02:30 +0200", "2026-10-25 02:30 +0100", "2026-10-25 03:30 +0100"},
		},
		"every twenty minutes of one hour, which comes twice": {
			cron(t, "*/20 2 * * *", "Europe/Berlin"), "2026-10-25 02:30 +0200",
			[]string{"2026-10-25 02:40 +0200", "2026-10-25 02:00 +0100", "2026-10-25 02:20 +0100", "2026-10-25 02:40 +0100", "2026-10-26 02:00 +0100"},
		},
		"every twenty minutes of one hour, which does not come": {
			cron(t, "*/20 2 * * *", "Europe/Berlin"), "2026-03-28 12:00 +0100",
			[]string{"2026-03-29 03:00 +0200", "2026-03-30 02:00 +0200"},
		},
		"every two hours through a gap": {
			cron(t, "0 */2 * * *", "Europe/Berlin"), "2026-03-29 00:00 +0100",
			[]string{"2026-03-29 03:00 +0200", "2026-03-29 04:00 +0200"},
		},
		"every two hours through a fold": {
			cron(t, "0 */2 * * *", "Europe/Berlin"), "2026-10-25 00:00 +0200",
			[]string{"2026-10-25 02:00 +0200", "2026-10-25 04:00 +0100"},
		},
		"several of one gap run once": {
			cron(t, "0,30 2,3 * * *", "Europe/Berlin"), "2026-03-28 12:00 +0100",
			[]string{"2026-03-29 03:00 +0200", "2026-03-29 03:30 +0200", "2026-03-30 02:00 +0200"},
		},
		"New York": {
			daily(t, half, "America/New_York"), "2026-03-07 12:00 -0500",
			[]string{"2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400"},
		},
		"no changes at all": {
			daily(t, half, "Asia/Kolkata"), "2026-03-28 12:00 +0530", []string{"2026-03-29 02:30 +0530", "2026-03-30 02:30 +0530"},
		},
		"29 February": {
			cron(t, "0 0 29 2 *", "UTC"), "2097-01-01 00:00 +0000", []string{"2104-02-29 00:00 +0000", "2108-02-29 00:00 +0000"},
		},
		"the 13th or a friday": {
			cron(t, "0 12 13 * fri", "UTC"), "2026-03-05 00:00 +0000",
			[]string{"2026-03-06 12:00 +0000", "2026-03-13 12:00 +0000", "2026-03-20 12:00 +0000"},
		},
		"an odd day that is a monday": {
			cron(t, "0 12 */2 * mon", "UTC"), "2026-03-01 00:00 +0000", []string{"2026-03-09 12:00 +0000", "2026-03-23 12:00 +0000"},
		},
		"the weekend, by numbers": {
			cron(t, "0 12 * * 6-7", "UTC"), "2026-03-05 00:00 +0000", []string{"2026-03-07 12:00 +0000", "2026-03-08 12:00 +0000", "2026-03-14 12:00 +0000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(layout, c.after)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				at = c.spec.First(at)
				if got := at.Format(layout); got != want {
					t.Fatalf("is due %s, want %s", got, want)
				}
			}
		})
	}
}

// Beside a slow look at each minute on the clocks of a zone, for years.
func TestNoneLostNoneDoubled(t *testing.T) {
	for _, in := range []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Antarctica/Troll", "UTC"} {
		l := zone(t, in)
		begin := time.Date(2008, 1, 1, 0, 0, 0, 0, l)
		for _, minute := range []int{0, 30, 90, 2*60 + 15, 12 * 60, 23*60 + 59} {
			spec := schedule.Daily(minute, [7]bool{}, l)
			at, days := begin.Add(-1), map[string]int{}
			for at.Before(begin.AddDate(12, 0, 0)) {
				next := spec.First(at)
				if !next.After(at) {
					t.Fatalf("%s: after %v comes %v", in, at, next)
				}
				at = next
				days[at.Format(time.DateOnly)]++
			}
			for day := time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2020; day = day.AddDate(0, 0, 1) {
				name, want := day.Format(time.DateOnly), 1
				if in == "Pacific/Apia" && name == "2011-12-30" {
					want = 0 // which runs at the next midnight
				} else if in == "Pacific/Apia" && name == "2011-12-31" && minute != 0 {
					want = 2
				}
				if days[name] != want {
					t.Errorf("%s at minute %d: %d on %s", in, minute, days[name], name)
				}
			}
		}
	}
}

func TestEveryHourIsAnHour(t *testing.T) {
	for _, in := range []string{"Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/St_Johns"} {
		spec := cron(t, "17 * * * *", in)
		at := spec.First(time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC))
		for at.Year() < 2020 {
			next := spec.First(at)
			if next.Sub(at) != time.Hour {
				t.Fatalf("%s: after %v comes %v", in, at, next)
			}
			at = next
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for name, spec := range map[string]schedule.Spec{
		"daily": daily(b, 9*60, "Europe/Berlin"), "minutes": cron(b, "*/5 * * * *", "Europe/Berlin"), "leap": cron(b, "0 0 29 2 *", "Europe/Berlin"),
	} {
		b.Run(name, func(b *testing.B) {
			at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			for b.Loop() {
				spec.First(at)
			}
		})
	}
}
