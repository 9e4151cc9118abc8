package main

import (
	"strings"
	"testing"
	"time"

	"luahost/internal/host"
)

func TestPrintStatus(t *testing.T) {
	zone := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = zone })
	now := time.Date(2026, 11, 22, 23, 50, 0, 0, time.UTC)
	s := runningStatus{Now: now, Status: host.Status{
		Started:  now.Add(-90 * time.Minute),
		Accounts: []host.AccountStatus{{Name: "main", User: 42, State: "connected"}, {Name: "shop", State: "stopped", Error: "account shop: logged out"}},
		Scripts: []host.ScriptStatus{
			{Name: "bad.lua", Error: "bad.lua:1: \x1b[2Jbroken"},
			{Name: "greedy.lua", Suspended: "3 handlers within a minute were ended by their limits, the last one by: greedy.lua:4: too many instructions", Limits: map[string]int{"time": 1, "instructions": 12}, Refused: 40, Repeated: 11},
			{
				Name: "night.lua", Generation: "5f1f5e5d", Loaded: now.Add(-time.Hour), InFlight: 3, Slowed: true, LateRules: []string{"later"},
				Failed:   &host.Failure{At: now.Add(-time.Minute), Event: "call", Text: "night.lua:7: oops"},
				Handlers: map[string]int{"rule": 4, "call": 1, "updatePhoneCall": 2},
				Generations: []host.GenerationStatus{
					{Generation: "0badcafe", Since: now.Add(-80 * time.Minute), Handlers: 2, Calls: 1, Timers: 3},
					{Generation: "5f1f5e5d", Since: now.Add(-time.Hour), Live: true, Handlers: 1, Timers: 2},
				},
			},
			{Name: "wedged.lua", Stuck: "in its handler of \"call\" at line 3, again: held until its file changes or it is reloaded by name", Limits: map[string]int{"stuck": 2}},
		},
		Calls: []host.CallStatus{{
			ID: 588516572874907240, Account: "main", Name: "Боб\x1b", Incoming: true, State: "ringing",
			Date: now.Add(-3 * time.Second), Decision: "ignore by rule \"a\nb\" (a.lua:3)",
		}},
	}}
	var out strings.Builder
	if err := printStatus(&out, s); err != nil {
		t.Fatal(err)
	}
	want := `
luahost has run for 1h30m0s.

ACCOUNT  USER  STATE
main     42    connected
shop     -     stopped

SCRIPT      GENERATION  LOADED           AT WORK  HANDLES
bad.lua     -           -                0        -
greedy.lua  suspended   -                0        -
night.lua   5f1f5e5d    Nov 22 22:50:00  3        4 rules, 2 timers, call, updatePhoneCall
wedged.lua  held        -                0        -

REPLACED   GENERATION  LOADED           KEPT BY
night.lua  0badcafe    Nov 22 22:30:00  1 call, 2 handlers, 3 timers

LIMITS OF   REACHED                    HANDLERS REFUSED  ERRORS REPEATED
greedy.lua  instructions 12×, time 1×  40                11
wedged.lua  stuck 2×                   0                 0

CALL                ACCOUNT  WITH       STATE    FOR  DECISION
588516572874907240  main     from Боб   ringing  3s   ignore by rule "a b" (a.lua:3)

account shop: logged out
bad.lua was not loaded: bad.lua:1:  [2Jbroken
greedy.lua is suspended: 3 handlers within a minute were ended by their limits, the last one by: greedy.lua:4: too many instructions; mend its file, or run 'luahost reload greedy.lua'
night.lua failed last at Nov 22 23:49:00 (call): night.lua:7: oops
night.lua is slow at the moment: it computes a lot, and has to wait while others do
night.lua: rule "later" was late for calls: the next rules are asked without waiting for it, until it has been in time
wedged.lua was stuck in its handler of "call" at line 3, again: held until its file changes or it is reloaded by name
`
	if got := out.String(); got != want[1:] {
		t.Errorf("got\n%s\nwant\n%s", got, want[1:])
	}
}

// On a narrow terminal the handlers of a script are cut, not wrapped.
func TestScriptsFitTheTerminal(t *testing.T) {
	s := runningStatus{Status: host.Status{Scripts: []host.ScriptStatus{{
		Name: "night.lua", Generation: "5f1f5e5d", InFlight: 1000,
		Handlers: map[string]int{"call": 1, "call.accepted": 1, "call.active": 1, "call.ended": 1, "message": 1, "updatePhoneCall": 1},
	}}}}
	var out strings.Builder
	if err := printTable(&out, 80, s.scriptTable()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := cells(strings.TrimSuffix(line, "\n")); n > 80 || n > 60 && !strings.Contains(line, "…") {
			t.Errorf("%d cells: %s", n, line)
		}
	}
}
