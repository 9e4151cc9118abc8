package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"luahost/internal/store"
)

var lastNight = time.Date(2026, 11, 22, 23, 14, 5, 0, time.UTC)

// loggedCalls are a few of one night, the oldest first.
var loggedCalls = []store.Call{
	{
		Owner: 1, ID: 588516572874907240, Account: "main", Peer: 42, Name: "Nadia Petrova", Username: "nadia", Phone: "15550002",
		Incoming: true, Date: lastNight, State: store.Ended, Outcome: "declined", Reason: "busy", Ring: 412 * time.Millisecond,
		Ended: lastNight.Add(time.Second), Decision: "decline", Rule: "strangers at night", Script: "night.lua", Generation: "56623a73", Line: 4,
	},
	{
		Owner: 1, ID: 2, Account: "main", Peer: 43, Name: "Боб 👍 日本語", Contact: true, Incoming: true, Video: true,
		Date: lastNight.Add(time.Hour), State: store.Ended, Outcome: "answered_elsewhere", Ring: 12 * time.Second, Talk: 65 * time.Second,
	},
	{
		Owner: 1, ID: 3, Account: "main", Peer: 4503599627370495, Incoming: true, Date: lastNight.Add(2 * time.Hour),
		State: store.Ended, Outcome: "missed", Reason: "missed", Ring: 90 * time.Second, Decision: "ignore",
		Script: "a-script-with-a-rather-long-name.lua", Generation: "0badcafe", Line: 112,
	},
	{
		Owner: 2, ID: 588516572874907240, Account: "work", Peer: 1, Name: "=HYPERLINK(\"x\")\x1b[2J", Phone: "15550001",
		Date: lastNight.Add(3 * time.Hour), State: "ringing",
	},
}

// loggedTrace is that of the first.
var loggedTrace = []store.Entry{
	{Kind: "update", Name: "phoneCallRequested"},
	{Kind: "rule", Name: "weekend", Text: "days: Sunday, wanted mon-fri", Script: "weekend.lua", Generation: "11112222", Line: 3},
	{At: lastNight.Add(300 * time.Microsecond), Kind: "rule", Name: "strangers at night", Text: "matched", Script: "night.lua", Generation: "56623a73", Line: 4, Took: 200 * time.Microsecond},
	{At: lastNight.Add(2 * time.Millisecond), Kind: "request", Name: "phone.discardCall", Text: "reason=busy", Script: "night.lua", Generation: "56623a73", Line: 6, Took: 30 * time.Millisecond},
	{At: lastNight.Add(2300 * time.Millisecond), Kind: "request", Name: "messages.sendMessage", Text: "PEER_FLOOD: the account is limited " + strings.Repeat("and limited ", 6) + "\n\tnight.lua:7: in function", Script: "night.lua", Generation: "56623a73", Line: 7, Failed: true},
	{At: lastNight.Add(65 * time.Second), Kind: "outcome", Name: "declined"},
}

// callLogMain is a program of testdata: it logs calls, in data/luahost.db or a
// database like it, and stays for as long as its input is open when told to.
//
//	calllog              these few
//	calllog settle       how the last of them ended
//	calllog many NUMBER  so many
func callLogMain() {
	err := os.MkdirAll("data", 0o700)
	if err == nil {
		err = logCalls("data/luahost.db", os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "calllog:", err)
		os.Exit(1)
	}
}

func logCalls(path string, args []string) error {
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		for _, c := range loggedCalls {
			s.NoteCall(c)
		}
		for _, e := range loggedTrace {
			if e.Owner, e.Call = 1, loggedCalls[0].ID; e.At.IsZero() {
				e.At = lastNight
			}
			s.NoteEntry(e)
		}
	case args[0] == "settle":
		c := loggedCalls[3]
		c.State, c.Outcome, c.Ring = store.Ended, "missed", time.Minute
		s.NoteCall(c)
	default:
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		manyCalls(s, n)
	}
	return s.Close()
}

// manyCalls logs n, ten minutes between them.
func manyCalls(s *store.Store, n int) {
	for i := range n {
		c := loggedCalls[i%3]
		c.ID, c.Peer = int64(i+1)<<40, int64(i%500+1)
		c.Date = lastNight.Add(time.Duration(i-n) * 10 * time.Minute)
		s.NoteCall(c)
	}
}

func logOf(t testing.TB, write func(*store.Store)) *store.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "luahost.db")
	s, err := store.Open(store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	write(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := store.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func fewCalls(s *store.Store) {
	for _, c := range loggedCalls {
		s.NoteCall(c)
	}
}

// tableOf prints the few calls on a terminal with so many columns.
func tableOf(t *testing.T, columns int) string {
	t.Helper()
	var calls []store.Call
	for i, c := range loggedCalls {
		c.Number = int64(i + 1)
		calls = append(calls, c)
	}
	var out strings.Builder
	table := &callTable{out: &out, columns: columns, zone: time.UTC, now: lastNight}
	if err := table.begin(calls); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		if err := table.call(c); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestCallTable(t *testing.T) {
	for columns, want := range map[int]string{
		160: `
#  when              account  who                                    outcome             decided by                                             rang  talked
1  Sun 22 Nov 23:14  main     Nadia Petrova @nadia +15550002         declined            strangers at night (night.lua:4)                     412 ms
2  Mon 23 Nov 00:14  main     Боб 👍 日本語                   video  answered elsewhere                                                         12 s    1:05
3  Mon 23 Nov 01:14  main     user 4503599627370495                  missed              ignored by a-script-with-a-rather-long-name.lua:112    1:30
4  Mon 23 Nov 02:14  work     =HYPERLINK("x") [2J +15550001   out    ringing…
`,
		100: `
#  when              account  who                      outcome             decided by           rang
1  Sun 22 Nov 23:14  main     Nadia Petrova @…         declined            strang…s at night  412 ms
2  Mon 23 Nov 00:14  main     Боб 👍 日本語     video  answered elsewhere                       12 s
3  Mon 23 Nov 01:14  main     user 4503599627…         missed              ignore…me.lua:112    1:30
4  Mon 23 Nov 02:14  work     =HYPERLINK("x")…  out    ringing…
`,
		80: `
#  when              who                 outcome             decided by
1  Sun 22 Nov 23:14  Nadia Petrova @na…  declined            strangers at night
2  Mon 23 Nov 00:14  Боб 👍 日本語       answered elsewhere
3  Mon 23 Nov 01:14  user 450359962737…  missed              ignored…ame.lua:112
4  Mon 23 Nov 02:14  =HYPERLINK("x") […  ringing…
`,
	} {
		if got := tableOf(t, columns); got != want[1:] {
			t.Errorf("%d columns: got\n%swant%s", columns, got, want)
		}
	}
}

func TestCallTableFits(t *testing.T) {
	for columns := 20; columns <= 160; columns++ {
		for _, line := range strings.Split(tableOf(t, columns), "\n") {
			if n := cells(line); n > columns {
				t.Errorf("%d columns are wanted, got %d: %s", columns, n, line)
			}
			if strings.TrimRight(line, " ") != line || strings.ContainsRune(line, '\x1b') {
				t.Errorf("%d columns: %q", columns, line)
			}
		}
	}
}

func TestCallTableOnATerminal(t *testing.T) {
	var out strings.Builder
	table := &callTable{out: &out, colour: true, columns: 80, zone: time.UTC, now: lastNight.AddDate(1, 0, 0)}
	missed := loggedCalls[2]
	if err := table.begin(loggedCalls); err != nil {
		t.Fatal(err)
	}
	if err := table.call(missed); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{bold + "outcome" + plain, yellow + "missed" + plain, "23 Nov 2026 01:14"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%q", want, out.String())
		}
	}
}

// What is exported says the same as JSON and as CSV.
func TestExportedCalls(t *testing.T) {
	log := logOf(t, fewCalls)
	var asJSON, asCSV strings.Builder
	if err := list(t.Context(), log, store.CallQuery{}, newJSONCalls(&asJSON)); err != nil {
		t.Fatal(err)
	}
	if err := list(t.Context(), log, store.CallQuery{}, newCSVCalls(&asCSV)); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(asJSON.String(), "\n")
	want := `{"number":1,"id":"588516572874907240","account":"main","from":{"id":42,"name":"Nadia Petrova","username":"nadia","phone":"15550002","contact":false},` +
		`"incoming":true,"video":false,"date":"2026-11-22T23:14:05.000Z","state":"ended","outcome":"declined","reason":"busy","ring_seconds":0.412,"duration":0,` +
		`"ended":"2026-11-22T23:14:06.000Z","decision":"decline","rule":"strangers at night","script":"night.lua","line":4,"generation":"56623a73"}` + "\n"
	if lines[0] != want {
		t.Errorf("got\n%swant\n%s", lines[0], want)
	}
	rows, err := csv.NewReader(strings.NewReader(asCSV.String())).ReadAll()
	if err != nil || len(rows) != len(loggedCalls)+1 || len(lines) != len(loggedCalls)+1 {
		t.Fatalf("%v, %d rows, %d lines", err, len(rows), len(lines))
	}
	for i, row := range rows[1:] {
		var object map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &object); err != nil {
			t.Fatal(err)
		}
		for j, name := range rows[0] {
			value, ok := object[name]
			if from, isFrom := strings.CutPrefix(name, "from_"); isFrom {
				value, ok = object["from"].(map[string]any)[from]
			}
			text := fmt.Sprint(value)
			if f, isNumber := value.(float64); isNumber {
				text = strconv.FormatFloat(f, 'f', -1, 64)
			}
			if name == "from_name" && strings.HasPrefix(text, "=") {
				text = "'" + text // no formula for a spreadsheet
			}
			if !ok || text != row[j] {
				t.Errorf("%s of call %d is %q in CSV and %v in JSON", name, i+1, row[j], value)
			}
		}
	}
}

func TestCallsOptions(t *testing.T) {
	zone := time.FixedZone("", 3600)
	now := lastNight.In(zone)
	for text, want := range map[string]time.Time{
		"7d":                   now.AddDate(0, 0, -7),
		"1d12h":                now.Add(-36 * time.Hour),
		"12h":                  now.Add(-12 * time.Hour),
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, zone),
		"2026-11-01 22:30":     time.Date(2026, 11, 1, 22, 30, 0, 0, zone),
		"2026-11-01T22:30":     time.Date(2026, 11, 1, 22, 30, 0, 0, zone),
		"2026-11-01T22:30:00Z": time.Date(2026, 11, 1, 22, 30, 0, 0, time.UTC),
	} {
		q, err := (&callsOptions{since: text}).query(now, zone)
		if err != nil || !q.Since.Equal(want) {
			t.Errorf("--since %s: %v, %v, want %v", text, q.Since, err, want)
		}
	}
	for want, o := range map[string]callsOptions{
		`--since soon: give how long ago`:                                                             {since: "soon"},
		`--since -1h: give how long ago`:                                                              {since: "-1h"},
		`--since 2026-13-01: give how long ago`:                                                       {since: "2026-13-01"},
		`--outcome mised: there is no such outcome: did you mean missed?`:                             {outcome: "mised"},
		`--outcome rejected: there is no such outcome: the outcomes are declined, answered, missed, `: {outcome: "rejected"},
		`--json and --csv: give one of the two`:                                                       {json: true, csv: true},
		`--limit -1: give a number of calls`:                                                          {limit: -1},
	} {
		if _, err := o.query(now, zone); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("the error is %v, want %s…", err, want)
		}
	}
	if q, err := (&callsOptions{outcome: "answered elsewhere"}).query(now, zone); err != nil || q.Outcome != "answered_elsewhere" {
		t.Errorf("as the table writes it: %q, %v", q.Outcome, err)
	}
	for limit, o := range map[int]callsOptions{
		usualLimit: {limit: usualLimit},
		0:          {limit: usualLimit, json: true},
		3:          {limit: 3, limited: true, csv: true},
	} {
		if q, err := o.query(now, zone); err != nil || q.Limit != limit {
			t.Errorf("%+v: limit %d, %v", o, q.Limit, err)
		}
	}
}

// BenchmarkCalls is 'luahost calls' without the start of the program.
func BenchmarkCalls(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		log := logOf(b, func(s *store.Store) { manyCalls(s, n) })
		for name, q := range map[string]store.CallQuery{
			"latest": {Limit: usualLimit},
			"from":   {Limit: usualLimit, From: "@nadia"},
			"7d":     {Since: lastNight.AddDate(0, 0, -7)},
			"rare":   {Limit: usualLimit, Outcome: "failed"},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if err := list(b.Context(), log, q, newCallTable(io.Discard)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
