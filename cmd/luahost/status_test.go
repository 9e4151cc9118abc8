package main

import (
	"strings"
	"testing"
	"time"

	"luahost/internal/host"
)

func TestPrintStatus(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 50, 0, 0, time.UTC)
	s := runningStatus{Now: now, Status: host.Status{
		Started:  now.Add(-90 * time.Minute),
		Accounts: []host.AccountStatus{{Name: "main", User: 42, State: "connected"}, {Name: "shop", State: "stopped", Error: "account shop: logged out"}},
		Scripts:  []host.ScriptStatus{{Name: "bad.lua", Error: "bad.lua:1: \x1b[2Jbroken"}},
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

SCRIPT   GENERATION  LOADED  HANDLES  AT WORK
bad.lua  -           -       -        0

CALL                ACCOUNT  WITH       STATE    FOR  DECISION
588516572874907240  main     from Боб   ringing  3s   ignore by rule "a b" (a.lua:3)

account shop: logged out
bad.lua was not loaded: bad.lua:1:  [2Jbroken
`
	if got := out.String(); got != want[1:] {
		t.Errorf("got\n%s\nwant\n%s", got, want[1:])
	}
}
