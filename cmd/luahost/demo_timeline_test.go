package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"luahost/internal/script"
	"luahost/internal/simulator"
	"luahost/internal/store"
)

// nadia is the heading of a call.
var nadia = heading{call: 1, number: 1, who: "Nadia (contact)", how: "rings"}

// timelineOf is a timeline on a terminal of so many columns, or on none.
func timelineOf(columns int) (*timeline, *strings.Builder) {
	var out strings.Builder
	line := newTimeline(&out)
	line.width = func() (int, bool) { return columns, columns > 0 }
	return line, &out
}

func TestTimelineFitsTheTerminal(t *testing.T) {
	failure := errors.New("doorman.lua:7: phone.discardCall: field \"raeson\": unknown field (did you mean \"reason\"?)\nstack traceback")
	for _, columns := range []int{60, 80, 95, 120} {
		line, out := timelineOf(columns)
		line.welcome("scripts", time.Now())
		line.reload(script.Reload{Script: "a-script-with-a-rather-long-name.lua", Generation: "56623a73", Took: time.Second})
		line.reload(script.Reload{Script: "doorman.lua", Previous: "56623a73", Err: failure})
		line.entry(nadia, store.Entry{Kind: "handler", Script: "doorman.lua", Line: 3, Text: failure.Error(), Failed: true})
		line.entry(nadia, store.Entry{
			Kind: "request", Name: "messages.sendMessage", Text: `{message="` + strings.Repeat("word ", 100) + `"}`,
			Script: "a-script-with-a-rather-long-name.lua", Line: 12, Took: time.Millisecond,
		})
		for _, l := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(l); n > columns {
				t.Errorf("%d columns are wanted, got %d: %s", columns, n, l)
			}
		}
		for _, want := range []string{"\n    doorman.lua:7          failed: phone.discardCall", "…ther-long-name.lua:12 messages.sendMessage", "not loaded, the old rules go on:"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%d columns: %q is not in\n%s", columns, want, out)
			}
		}
	}
}

// A file that takes the timeline has whole messages on one line each.
func TestTimelineInAFile(t *testing.T) {
	line, out := timelineOf(0)
	long := "nothing here " + strings.Repeat("is cut ", 30)
	line.entry(nadia, store.Entry{Kind: "rule", Name: "night", Script: "a.lua", Line: 3, Text: "failed: " + long + "\t\x1b[2J", Failed: true})
	if want := "\n  1 00:00:00 Nadia (contact) rings\n    a.lua:3                failed: " + long + "  [2J\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

// Lines stand below the heading of their call, though another rings meanwhile,
// and though a script is faster than the log.
func TestTimelineOfTwoCalls(t *testing.T) {
	line, out := timelineOf(0)
	prize := heading{call: 2, number: 2, who: "Prize Centre", how: "rings with video"}
	unknown := prize
	unknown.number = 0
	rule := store.Entry{Kind: "rule", Name: "night", Text: "matched", Script: "a.lua", Line: 3}
	rings := store.Entry{Kind: "update", Name: "phoneCallRequested", Text: "it rings"}
	line.entry(nadia, rings)
	line.entry(unknown, store.Entry{Kind: "log", Text: "quick", Script: "a.lua", Line: 9})
	line.entry(nadia, rule)
	line.entry(prize, rings)
	line.entry(nadia, store.Entry{Kind: "update", Name: "phoneCallDiscarded"})
	line.entry(prize, rule)
	line.entry(nadia, store.Entry{Kind: "outcome", Name: "missed"})
	want := `
  1 00:00:00 Nadia (contact) rings
    a.lua:3                night: matched

  2 00:00:00 Prize Centre rings with video
    a.lua:9                quick
    a.lua:3                night: matched

  1 00:00:00 Nadia (contact) goes on
    ended                  missed
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTally(t *testing.T) {
	for want, decisions := range map[string][]string{
		"3 calls: 1 declined, 2 rang on.":             {"decline", "ignore", ""},
		"1 call: 0 declined, 1 rang on.":              {""},
		"2 calls: 1 accepted, 1 declined, 0 rang on.": {"accept", "decline"},
	} {
		var done tally
		for _, d := range decisions {
			done.count(d)
		}
		if got := done.String(); got != want {
			t.Errorf("%v: %s, want %s", decisions, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"":            {""},
		"one two":     {"one two"},
		"one two six": {"one two", "six"},
		"one   seven": {"one", "seven"},
		"abcdefghij":  {"abcdefgh", "ij"},
		"éééé éééé é": {"éééé", "éééé é"},
	} {
		if got := wrap(text, 8); !slices.Equal(got, want) {
			t.Errorf("wrap(%q) is %q, want %q", text, got, want)
		}
	}
}

// TestCheck has the host's log of a call agree with Telegram's record, or not.
func TestCheck(t *testing.T) {
	const you, caller = 2, 1
	by := func(user int64, reason simulator.Reason) simulator.Call {
		return simulator.Call{From: caller, To: you, EndedBy: user, Reason: reason, State: simulator.Ended}
	}
	for name, c := range map[string]struct {
		call simulator.Call
		row  store.Call
		ok   bool
	}{
		"declined":          {by(you, simulator.Busy), store.Call{Decision: "decline", Outcome: "declined", Reason: "busy"}, true},
		"rang on":           {by(caller, simulator.Missed), store.Call{Decision: "ignore", Outcome: "missed", Reason: "missed"}, true},
		"not learned":       {by(caller, simulator.Missed), store.Call{}, false},
		"declined in vain":  {by(caller, simulator.Missed), store.Call{Decision: "decline", Outcome: "declined", Reason: "busy"}, false},
		"another reason":    {by(you, simulator.Hangup), store.Call{Decision: "decline", Outcome: "declined", Reason: "busy"}, false},
		"missed by decline": {by(you, simulator.Busy), store.Call{Outcome: "missed"}, false},
		"not accepted":      {by(caller, simulator.Missed), store.Call{Decision: "accept", Outcome: "answered"}, false},
	} {
		if err := check(c.call, c.row); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What luahost says about a line of a script stands beside that line, and without what
// only the log has room for.
func TestTimelineOfTheLog(t *testing.T) {
	line, out := timelineOf(0)
	log := line.logger().With("script", "a.lua")
	log.Warn(`no global "mesages"`, "line", 2)
	log.Warn(`no global "prnt"`, "file", "lib/b.lua", "line", 3)
	log.Error("handler failed", "event", "load", "line", 5, "error", "a.lua:6: oops", "source", `error("oops")`, "traceback", "stack traceback:\n\ta.lua:6")
	log.Info("script loaded", "handlers", 1)
	if want := `    a.lua:2                no global "mesages"
    lib/b.lua:3            no global "prnt"
    a.lua:5                handler failed event=load error=a.lua:6: oops
`; out.String() != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
