package simulator_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"

	"luahost/internal/simulator"
)

// answered notes the errors that all tests together get from each method.
var answered = &answers{byMethod: map[string][]string{}}

// answers is a log handler that reads the lines about requests.
type answers struct {
	mu       sync.Mutex
	byMethod map[string][]string
}

func (a *answers) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "request" {
		return nil
	}
	var method, refused string
	r.Attrs(func(attr slog.Attr) bool {
		switch attr.Key {
		case "method":
			method = attr.Value.String()
		case "err":
			err, _ := attr.Value.Any().(error)
			refused = refusal(err)
		}
		return true
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.byMethod[method], refused) {
		a.byMethod[method] = append(a.byMethod[method], refused)
	}
	return nil
}

func (a *answers) Enabled(context.Context, slog.Level) bool { return true }
func (a *answers) WithAttrs([]slog.Attr) slog.Handler       { return a }
func (a *answers) WithGroup(string) slog.Handler            { return a }

// whole is a run of tests that, when it is a run of all of them, must have seen
// each method succeed and give each error of the table, and no other.
type whole struct{ *testing.M }

func (w whole) Run() int {
	code := w.M.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if flag.Lookup(name).Value.String() != "" {
			return code
		}
	}
	if code == 0 && !provenTable() {
		return 1
	}
	return code
}

func provenTable() (proven bool) {
	answered.mu.Lock()
	defer answered.mu.Unlock()
	proven = true
	fail := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "the table of methods: "+format+"\n", args...)
		proven = false
	}
	general := simulator.GeneralRefusals()
	for method, listed := range simulator.Refusals() {
		got := answered.byMethod[method]
		for _, want := range append(listed, "") {
			if !slices.Contains(got, want) {
				fail("no test has %s answer %q", method, want)
			}
		}
		for _, e := range got {
			if e != "" && !slices.Contains(listed, e) && !slices.Contains(general, e) {
				fail("%s answers %s, which is not in it", method, e)
			}
		}
	}
	return proven
}
