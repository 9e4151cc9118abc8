package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/store"
)

// morning is when the timers of these tests are looked at.
var morning = time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)

var shownTimers = []store.Timer{
	{
		ID: 1, Script: "night.lua", Name: "call-back", Kind: "after", Spec: "30m", State: store.TimerRunning,
		Due: morning.Add(-time.Second), Began: morning.Add(-time.Second),
	},
	{
		ID: 2, Script: "gone.lua", Name: "old", Kind: "every", Spec: "10m", State: store.TimerPending, Due: morning.Add(-time.Hour),
		Began: morning.Add(-2 * time.Hour), Ended: morning.Add(-2 * time.Hour), Outcome: store.TimerDone,
	},
	{
		ID: 3, Script: "a-script-with-a-rather-long-name.lua", Name: "report", Kind: "daily", Spec: "09:00 mon,tue,wed,thu,fri Europe/Berlin",
		State: store.TimerPending, Due: morning.Add(30 * time.Minute), Began: morning.Add(-24 * time.Hour), Ended: morning.Add(-24 * time.Hour),
		Outcome: store.TimerFailed, Fault: "report.lua:12: attempt to index nil \"cal\": did you mean call?\x1b[2J\nand more",
	},
	{
		ID: 4, Script: "night.lua", Name: "year", Kind: "cron", Spec: "0 0 1 1 *", State: store.TimerPending, Due: morning.AddDate(0, 2, 0),
		Ended: morning.Add(-24 * time.Hour), Outcome: store.TimerMissed,
	},
	{
		ID: 5, Script: "night.lua", Name: "call-back", Kind: "after", Spec: "30m", State: store.TimerEnded, Due: morning.Add(-time.Hour),
		Began: morning.Add(-time.Hour), Ended: morning, Outcome: store.TimerInterrupted,
	},
}

func TestTimerTable(t *testing.T) {
	for columns, want := range map[int]string{
		200: `
due                script                                timer      when                                           last run
now                night.lua                             call-back  after 30m                                      Mon 23 Nov 08:29  runs
Mon 23 Nov 07:30   gone.lua                              old        every 10m                                      Mon 23 Nov 06:30  waits for its script
Mon 23 Nov 09:00   a-script-with-a-rather-long-name.lua  report     daily 09:00 mon,tue,wed,thu,fri Europe/Berlin  Sun 22 Nov 08:30  failed: report.lua:12: attempt to index nil "cal": did you mean ca…
23 Jan 2027 08:30  night.lua                             year       cron 0 0 1 1 *                                 Sun 22 Nov 08:30  was missed
over               night.lua                             call-back  after 30m                                      Mon 23 Nov 07:30  was interrupted
`,
		100: `
due                script            timer      when              last run
now                night.lua         call-back  after 30m         Mon 23 Nov 08:29  runs
Mon 23 Nov 07:30   gone.lua          old        every 10m         Mon 23 Nov 06:30  waits for its s…
Mon 23 Nov 09:00   a-script-with-a…  report     daily 09:00 mon…  Sun 22 Nov 08:30  failed: report.…
23 Jan 2027 08:30  night.lua         year       cron 0 0 1 1 *    Sun 22 Nov 08:30  was missed
over               night.lua         call-back  after 30m         Mon 23 Nov 07:30  was interrupted
`,
	} {
		var out bytes.Buffer
		table := &timerTable{out: &out, columns: columns, zone: time.UTC, now: morning}
		if err := table.print(shownTimers); err != nil {
			t.Fatal(err)
		}
		if got := "\n" + out.String(); got != want {
			t.Errorf("on %d columns\n%s\nwant\n%s", columns, got, want)
		}
		for line := range strings.Lines(out.String()) {
			if n := cells(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d cells of %d: %s", n, columns, line)
			}
		}
	}
}

// timersIn runs the command in a folder with a configuration, and gives what it says.
func timersIn(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	cmd := timersCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--config", filepath.Join(folder, "luahost.toml")}, args...))
	err := cmd.ExecuteContext(context.Background())
	return out.String(), err
}

func TestTimersCommand(t *testing.T) {
	folder := t.TempDir()
	config := fmt.Sprintf("data = %q\n[telegram]\napi_id = 1\napi_hash = \"abc\"\n[[account]]\nname = \"main\"\nphone = \"+15550001\"\n", folder)
	if err := os.WriteFile(filepath.Join(folder, "luahost.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := timersIn(t, folder); err == nil || !strings.Contains(err.Error(), "there is none yet: 'luahost run' makes it") {
		t.Errorf("without a database: %v", err)
	}
	s, err := store.Open(store.Options{Path: filepath.Join(folder, "luahost.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() // a luahost that runs beside it
	if got, err := timersIn(t, folder); got != "No named timer is to run.\n" || err != nil {
		t.Errorf("without timers: %q, %v", got, err)
	}
	for _, script := range []string{"night.lua", "night.lua", "gone.lua"} {
		if _, err := s.AddTimer(t.Context(), store.Timer{Script: script, Name: "call-back", Kind: "after", Spec: "30m", Due: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ClaimTimers(t.Context(), time.Now(), []store.Claim{{ID: 1, Due: timerDue(t, s, 1), Miss: true}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		lines int
	}{
		{nil, 3}, {[]string{"--all"}, 4}, {[]string{"--script", "night", "--all"}, 3}, {[]string{"--script", "gone.lua"}, 2}, {[]string{"--limit", "1"}, 3}, {[]string{"--json"}, 2},
	} {
		got, err := timersIn(t, folder, c.args...)
		if n := strings.Count(got, "\n"); n != c.lines || err != nil {
			t.Errorf("%v: %v\n%s", c.args, err, got)
		}
	}
	got, err := timersIn(t, folder, "--json", "--script", "gone")
	var read timerJSON
	if err != nil || json.Unmarshal([]byte(got), &read) != nil || read.Name != "call-back" || read.Began != nil {
		t.Errorf("%s, %v", got, err)
	}
	for want, args := range map[string][]string{
		`no timer is of a script "nigth.lua" (did you mean "night.lua"?)`: {"--script", "nigth"},
		`no timer is of a script "gon.lua" (did you mean "gone.lua"?)`:    {"--forget", "gon"},
		`--forget: give the name of a script`:                             {"--forget", ""},
		`--limit -1: give a number of timers`:                             {"--limit", "-1"},
		`unexpected argument "night"`:                                     {"night"},
	} {
		if _, err := timersIn(t, folder, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	if got, err := timersIn(t, folder, "--forget", "night"); got != "night.lua: 2 timers removed\n" || err != nil {
		t.Errorf("forget: %q, %v", got, err)
	}
	if got, err := timersIn(t, folder, "--all"); strings.Count(got, "\n") != 2 || err != nil {
		t.Errorf("left %s, %v", got, err)
	}
}

func timerDue(t *testing.T, s *store.Store, id int64) time.Time {
	t.Helper()
	all, err := s.Timers(t.Context(), store.TimerQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, timer := range all {
		if timer.ID == id {
			return timer.Due
		}
	}
	t.Fatalf("no timer %d", id)
	return time.Time{}
}
