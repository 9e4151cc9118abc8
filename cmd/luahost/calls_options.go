package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"luahost/bindings/calls"
	"luahost/bindings/tl"
	"luahost/internal/store"
)

type callsOptions struct {
	config                              string
	since, from, outcome, rule, account string
	limit                               int
	limited                             bool // the limit was given
	json, csv, follow                   bool
}

func (o *callsOptions) query(now time.Time, zone *time.Location) (q store.CallQuery, err error) {
	outcome := strings.ReplaceAll(o.outcome, " ", "_") // as the table writes it
	q = store.CallQuery{From: o.from, Outcome: outcome, Rule: o.rule, Account: o.account, Limit: o.limit}
	if (o.json || o.csv) && !o.limited {
		q.Limit = 0
	}
	switch {
	case o.json && o.csv:
		return q, errors.New("--json and --csv: give one of the two")
	case o.limit < 0:
		return q, fmt.Errorf("--limit %d: give a number of calls, or 0 for all", o.limit)
	}
	if o.since != "" {
		var ok bool
		if q.Since, ok = calls.ParseSince(o.since, now, zone); !ok {
			return q, fmt.Errorf(`--since %s: give how long ago, such as 7d or 12h, or a date, such as 2026-11-01 or "2026-11-01 22:00"`, o.since)
		}
	}
	if names := calls.OutcomeNames(); outcome != "" && !slices.Contains(names, outcome) {
		hint := "the outcomes are " + strings.Join(names, ", ")
		if near := tl.Nearest(outcome, names); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return q, fmt.Errorf("--outcome %s: there is no such outcome: %s", o.outcome, hint)
	}
	return q, nil
}

func (o *callsOptions) printer(out io.Writer) callPrinter {
	switch {
	case o.json:
		return newJSONCalls(out)
	case o.csv:
		return newCSVCalls(out)
	default:
		t := newCallTable(out)
		t.follows = o.follow
		t.filtered = o.since+o.from+o.outcome+o.rule+o.account != ""
		return t
	}
}

// wrapped is a list in lines of at most so many characters, the first of which
// has begun already.
func wrapped(n int, names []string) string {
	const begun = "Outcomes are "
	text := begun + strings.Join(names, ", ")
	return strings.TrimPrefix(strings.Join(wrap(text, n), "\n"), begun)
}
