package main

import (
	"strings"
	"testing"
	"time"

	"luahost/internal/store"
)

func traceOf(t *testing.T, columns int, colour bool) string {
	t.Helper()
	entries := append([]store.Entry(nil), loggedTrace...)
	for i := range entries {
		if entries[i].At.IsZero() {
			entries[i].At = lastNight
		}
	}
	var out strings.Builder
	p := &callTrace{out: &out, columns: columns, colour: colour, zone: time.UTC}
	if err := p.print(loggedCalls[0], entries); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// On a terminal a long text goes on below its own beginning.
func TestTraceIsWrapped(t *testing.T) {
	want := `
  0.0 ms  update                         phoneCallRequested
  0.0 ms  rule     …kend.lua:3 11112222  weekend: days: Sunday, wanted mon-fri
  0.3 ms  rule     night.lua:4 56623a73  strangers at night: matched (0.20 ms)
  2.0 ms  request  night.lua:6           phone.discardCall: reason=busy
                                         (30.0 ms)
  2.30 s  request  night.lua:7           ✗ messages.sendMessage: PEER_FLOOD: the
                                         account is limited and limited and
                                         limited and limited and limited and
                                         limited and limited
                                             night.lua:7: in function
1:05 min  outcome                        declined
`
	got := traceOf(t, 80, false)
	_, got, _ = strings.Cut(got, "\n\n")
	if got != want[1:] {
		t.Errorf("got\n%swant%s", got, want)
	}
	for columns := 60; columns < 160; columns++ {
		for _, line := range strings.Split(traceOf(t, columns, false), "\n") {
			if n := cells(line); n > columns {
				t.Errorf("%d columns are wanted, got %d: %s", columns, n, line)
			}
		}
	}
}

func TestTraceInColour(t *testing.T) {
	got := traceOf(t, 100, true)
	for _, want := range []string{red + "✗ messages.sendMessage", bold + "declined" + plain, dim + "(30.0 ms)" + plain} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%q", want, got)
		}
	}
}

func TestTraceHeaders(t *testing.T) {
	for i, want := range []string{
		"",
		"from        Боб 👍 日本語\nto          main, with video\noutcome     answered elsewhere, rang 12 s, talked 1:05\ndecided by  nobody\n",
		"outcome     missed, rang 1:30\ndecided by  a-script-with-a-rather-long-name.lua:112, which let it ring, generation 0badcafe\n",
		"to          =HYPERLINK(\"x\") [2J +15550001, not a contact\nfrom        work\noutcome     ringing…\ndecided by  nobody\n",
	} {
		var out strings.Builder
		if err := (&callTrace{out: &out, zone: time.UTC}).print(loggedCalls[i], nil); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	}
}

// What a handler failed with does not say twice where.
func TestTraceOfAFailure(t *testing.T) {
	var out strings.Builder
	failed := store.Entry{Kind: "handler", Name: "call", Text: "night.lua:7: oops", Script: "night.lua", Line: 7, Failed: true, At: lastNight}
	if err := (&callTrace{out: &out, zone: time.UTC}).print(loggedCalls[0], []store.Entry{failed}); err != nil {
		t.Fatal(err)
	}
	if want := "0.0 ms  handler  night.lua:7  ✗ call: oops\n"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
