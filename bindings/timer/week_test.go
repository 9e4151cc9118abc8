package timer_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A week in which the clocks are changed three times, with edits of the script and
// restarts of the host. What ran is compared with testdata/week.txt.
func TestWeek(t *testing.T) {
	text, err := os.ReadFile("testdata/week.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	w := newWorld(t).source("week.lua")
	source, err := os.ReadFile("testdata/week.lua")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		until := func(at string) {
			t.Helper()
			to, err := time.Parse(time.DateTime, "2026-"+at)
			if err != nil || !to.After(time.Now()) {
				t.Fatal(at, err)
			}
			time.Sleep(time.Until(to))
			w.check()
		}
		edit := func(at string) {
			until(at)
			w.write("week.lua", string(source)+"\n-- "+at)
			if _, err := w.Reload("week.lua"); err != nil {
				t.Fatal(err)
			}
			w.loaded()
		}
		restart := func(from, to string) {
			until(from)
			w.stop()
			until(to)
			w.run().loaded()
		}
		time.Sleep(time.Until(time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC)))
		w.run().loaded()
		w.fire(t.Context(), "begin")
		edit("03-28 21:59:30")
		restart("03-29 00:59:00", "03-29 00:59:59")
		edit("03-29 01:00:30")
		edit("03-31 12:00:00")
		restart("04-01 09:50:00", "04-01 10:20:00")
		edit("04-01 10:30:00")
		restart("04-02 20:50:00", "04-02 21:10:00")
		edit("04-04 14:40:00")
		restart("04-04 14:50:00", "04-04 14:50:20")
		until("04-04 20:00:00")
		w.stop()
	})
	slices.Sort(want)
	slices.Sort(w.notes)
	for _, line := range want {
		if !slices.Contains(w.notes, line) {
			t.Errorf("did not run: %s", line)
		}
	}
	for _, line := range w.notes {
		if !slices.Contains(want, line) {
			t.Errorf("ran: %s", line)
		}
	}
	if len(w.notes) != len(want) {
		t.Errorf("%d ran, want %d", len(w.notes), len(want))
	}
}
