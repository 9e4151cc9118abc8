package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"luahost/internal/store"
)

// someCalls are n, of two accounts and a few callers.
func someCalls(n int) []store.Call {
	people := []store.Call{
		{Peer: 11, Name: "Nadia Petrova", Username: "Nadia", Phone: "15550002"},
		{Peer: 15550002, Name: "ÖZGÜR 100%", Username: "na_dia"},
		{Peer: 13, Name: `back\slash`, Phone: "11"},
		{Peer: 14},
	}
	var calls []store.Call
	for i := range n {
		c := people[rand.N(len(people))]
		c.ID, c.Owner = int64(rand.Uint64()), int64(1+rand.N(2))
		c.Account = fmt.Sprint("account", c.Owner)
		c.Incoming = rand.N(4) > 0
		c.Date = noon.Add(time.Duration(rand.N(n)) * time.Minute).UTC() // some at the same time
		c.State = []string{"ringing", "active", store.Ended}[rand.N(3)]
		if c.State == store.Ended {
			c.Outcome = []string{"missed", "declined", "answered"}[rand.N(3)]
		}
		c.Rule = []string{"", "night", "weekend"}[rand.N(3)]
		c.Line = i
		calls = append(calls, c)
	}
	return calls
}

// anyQuery is one of which most choose something.
func anyQuery(calls []store.Call) store.CallQuery {
	var q store.CallQuery
	like := calls[rand.N(len(calls))]
	for _, set := range []func(){
		func() { q.Owner = like.Owner },
		func() { q.Peer = like.Peer },
		func() { q.Owner, q.ID = like.Owner, like.ID },
		func() { q.Number = like.Number },
		func() { q.Account = like.Account },
		func() { q.Outcome = like.Outcome },
		func() { q.Rule = like.Rule },
		func() { q.Open = true },
		func() { q.Since = like.Date },
		func() { q.Since = like.Date.Add(time.Nanosecond) },
		func() { q.Before = like.Date },
		func() { q.Before = like.Date.Add(time.Nanosecond) },
		func() { q.From = fromAny() },
		func() { q.From = fromAny() },
		func() { q.From = fromAny() },
	} {
		if rand.N(8) == 0 {
			set()
		}
	}
	q.Oldest = rand.N(2) == 0
	q.Limit = rand.N(10)
	return q
}

func fromAny() string {
	texts := []string{
		"11", "14", "15550002", "+15550002", "+1 (555) 00-02", "@nadia", "@NADIA", "@na_dia", "nadia", "PETROVA", "özgür",
		"Ö", "%", "_", `\`, "a p", " nadia ", "@", "+", "nobody", "+11",
	}
	return texts[rand.N(len(texts))]
}

// A call is found by the same queries whether it is on the disk, on its way there,
// or both, an older and a newer state of it.
func TestQueriesDoNotCareWhereACallIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s, err := store.Open(store.Options{Path: path, Lag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	calls := someCalls(60)
	for i := range calls {
		before := calls[i]
		switch i % 3 {
		case 0:
			s.NoteCall(calls[i])
		case 1:
			before.State, before.Outcome, before.Rule, before.Name = "requested", "", "", "somebody"
			s.NoteCall(before)
		}
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range calls {
		if i%3 != 0 {
			s.NoteCall(calls[i])
		}
		var ok bool
		if calls[i], ok, err = s.CallOf(ctx, calls[i].Owner, calls[i].ID); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	var queries []store.CallQuery
	var noted [][]store.Call
	found := 0
	for range 3000 {
		q := anyQuery(calls)
		got, err := s.Calls(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		queries, noted = append(queries, q), append(noted, got)
		found += min(len(got), 1)
	}
	if found < 1000 {
		t.Errorf("only %d queries chose something", found)
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		kept, err := s.Calls(ctx, q)
		if err != nil || !slices.Equal(kept, noted[i]) {
			t.Fatalf("%+v: %v, while they were on their way\n%s\non the disk\n%s", q, err, numbersOf(noted[i]), numbersOf(kept))
		}
	}
}

func numbersOf(calls []store.Call) string {
	var text strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&text, "%d %s %s %s\n", c.Number, c.Name, c.Outcome, c.Date)
	}
	return text.String()
}

func TestFrom(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "luahost.db"))
	for i, c := range []store.Call{
		{Peer: 11, Name: "Nadia Petrova", Username: "Nadia", Phone: "15550002"},
		{Peer: 15550002, Name: "ÖZGÜR 100%", Username: "na_dia"},
		{Peer: 13, Name: `back\slash`, Phone: "11"},
	} {
		c.Owner, c.ID, c.Date = owner, int64(i+1), noon
		s.NoteCall(c)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":               "123",
		"11":             "13", // an id, or a phone
		"15550002":       "12",
		"+15550002":      "1",
		"+1 (555) 00-02": "1",
		"@nadia":         "1",
		"@NA_DIA":        "2",
		"nadia":          "1",
		"özgür":          "2",
		"a":              "13",
		"%":              "2",
		"_":              "",
		`\`:              "3",
		"@":              "",
		"+":              "",
	} {
		calls, err := s.Calls(t.Context(), store.CallQuery{From: text, Oldest: true})
		got := ""
		for _, c := range calls {
			got += fmt.Sprint(c.ID)
		}
		if err != nil || got != want {
			t.Errorf("from %q: %s, %v, want %s", text, got, err, want)
		}
	}
}

// Nothing but KeepCall and Flush waits for the disk.
func TestNobodyWaitsForAWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	ctx := t.Context()
	c := night
	if err := s.KeepCall(ctx, c); err != nil {
		t.Fatal(err)
	}
	release := holdWrites(t, path)
	kept := make(chan error, 1)
	go func() { kept <- s.Flush(ctx) }()
	c.ID++
	s.NoteCall(c)
	s.NoteEntry(store.Entry{Owner: c.Owner, Call: c.ID, Kind: "note"})
	if rings, err := s.Rings(ctx, c.Owner, c.Peer, c.Date); err != nil || len(rings) != 2 {
		t.Errorf("rings %v, %v", rings, err)
	}
	if trace, err := s.Trace(ctx, c.Owner, c.ID); err != nil || len(trace) != 1 {
		t.Errorf("the trace is %v, %v", trace, err)
	}
	numbered(t, s, c.ID, 2)
	if n := count(t, path, `SELECT count(*) FROM calls`); n != 1 {
		t.Errorf("%d calls were written while nothing can be", n)
	}
	release()
	if err := <-kept; err != nil {
		t.Error(err)
	}
}

func TestRingsAndOpenCalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "luahost.db")
	s := open(t, path)
	ctx := t.Context()
	for i, c := range []store.Call{
		{Owner: owner, Peer: 1, Incoming: true, State: store.Ended, Outcome: "missed"},
		{Owner: owner, Peer: 1, Incoming: true, State: "ringing"},
		{Owner: owner, Peer: 1, State: "active"},
		{Owner: owner, Peer: 2, Incoming: true, State: store.Ended},
		{Owner: owner + 1, Peer: 1, Incoming: true, State: "requested"},
		{Owner: owner, Peer: 1, Incoming: true, State: store.Ended, Outcome: "declined"},
		{Owner: owner, Peer: 1, State: store.Ended},
	} {
		c.ID, c.Date = int64(i), noon.Add(time.Duration(i)*time.Minute).UTC()
		s.NoteCall(c)
		if i == 2 {
			s = reopen(t, s, path)
			c.ID, c.Outcome = 0, "failed"
			c.Peer, c.Incoming, c.State, c.Date = 1, true, store.Ended, noon.UTC()
			s.NoteCall(c) // the first again
		}
	}
	for since, want := range map[time.Duration]string{0: "0 1 5", time.Minute: "1 5", 61 * time.Second: "5", time.Hour: ""} {
		rings, err := s.Rings(ctx, owner, 1, noon.Add(since))
		var got []string
		for _, at := range rings {
			got = append(got, fmt.Sprint(int(at.Sub(noon).Minutes())))
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s later: rings in minutes %s, %v, want %s", since, got, err, want)
		}
	}
	calls, err := s.OpenCalls(ctx, owner)
	if err != nil || len(calls) != 2 || calls[0].ID != 1 || calls[1].ID != 2 {
		t.Errorf("open are %+v, %v", calls, err)
	}
}
