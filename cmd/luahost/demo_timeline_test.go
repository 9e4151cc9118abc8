package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gotd/td/tg"

	"luahost/bindings/tl"
	"luahost/internal/host"
	"luahost/internal/script"
	"luahost/internal/simulator"
)

// timelineOf is a timeline on a terminal of so many columns, or on none.
func timelineOf(columns int) (*timeline, *strings.Builder) {
	var out strings.Builder
	return &timeline{out: &out, width: func() (int, bool) { return columns, columns > 0 }}, &out
}

func TestTimelineFitsTheTerminal(t *testing.T) {
	failure := errors.New("doorman.lua:7: phone.discardCall: field \"raeson\": unknown field (did you mean \"reason\"?)\nstack traceback")
	for _, columns := range []int{80, 95, 120} {
		line, out := timelineOf(columns)
		line.rings(1, &caller{user: simulator.User{FirstName: "Nadia"}})
		line.reload(script.Reload{Script: "a-script-with-a-rather-long-name.lua", Generation: "56623a73", Took: time.Second})
		line.reload(script.Reload{Script: "doorman.lua", Previous: "56623a73", Err: failure})
		line.handler(script.Run{Script: "doorman.lua", Line: 3, Err: failure})
		line.request(host.Request{
			Request: tl.Request{
				Method: "messages.sendMessage", Line: 12, Took: time.Millisecond,
				Args: &tg.MessagesSendMessageRequest{Message: strings.Repeat("word ", 100)},
			},
			Handler: script.Handler{Script: "a-script-with-a-rather-long-name.lua"},
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
	line.handler(script.Run{Script: "a.lua", Line: 3, Err: errors.New(long + "\t\x1b[2J")})
	if want := "    a.lua:3                failed: " + long + "  [2J\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
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

// A decision that comes when the caller has hung up decides nothing.
func TestOvertaken(t *testing.T) {
	began := time.Now()
	declined := func(after time.Duration) *host.Request {
		return &host.Request{Request: tl.Request{
			Args:  &tg.PhoneDiscardCallRequest{Reason: &tg.PhoneCallDiscardReasonBusy{}},
			Began: began.Add(after), Took: time.Millisecond,
		}}
	}
	call := simulator.Call{From: 1, To: 2, EndedBy: 1, Reason: simulator.Missed, State: simulator.Ended, Ended: began.Add(time.Second)}
	late, lost := result{call: call, seen: true, decided: declined(time.Minute)}, result{call: call, seen: true, decided: declined(0)}
	if err := late.check(2); err != nil {
		t.Errorf("late: %v", err)
	}
	if err := lost.check(2); err == nil {
		t.Error("a call that rang on although it was declined passes")
	}
	line, out := timelineOf(80)
	line.summary([]result{late})
	if !strings.Contains(out.String(), "1 call: 0 decided by a script, 1 rang on.") {
		t.Errorf("got %s", out)
	}
	if got := outcome(late); got != "missed: the caller hung up before that" {
		t.Errorf("got %s", got)
	}
}
