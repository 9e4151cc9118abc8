package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"luahost/internal/host"
)

// A module of a script of 1,000 lines is edited while somebody rings again and again:
// how long it takes from the write to the end of the first call that the new generation
// declines, with the 150 ms for which the folder has to be quiet.
func BenchmarkEditToCall(b *testing.B) {
	w, dir := theWorld(b), b.TempDir()
	write := func(name, source string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	lines := func(n int) string {
		var source strings.Builder
		for i := range n / 4 {
			fmt.Fprintf(&source, "function f%d(call)\n  if call.from.id == %d then return \"busy\" end\n  return call\nend\n", i%100, i)
		}
		return source.String()
	}
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o700); err != nil {
		b.Fatal(err)
	}
	reasons := []string{"busy", "hangup"}
	edit := func(n int) string {
		reason := reasons[n%2]
		write("lib/reason.lua", fmt.Sprintf("return %q", reason))
		return reason
	}
	edit(0)
	write("lib/people.lua", lines(200))
	write("words.lua", lines(200))
	write("main.lua", `local reason, people, words = require "lib.reason", require "lib.people", require "words"
rule "all" { when = { from = "anyone" }, action = function(call) call:decline(reason) end }
`+lines(1000))
	w.run(b, []int{0}, host.Options{Scripts: dir})
	caller := w.caller(b)
	n, calls := 0, 0
	for b.Loop() {
		n++
		for want, got := edit(n), ""; got != want; calls++ {
			id, err := request(caller, w.ids[0])
			if err != nil {
				b.Fatal(err)
			}
			got = string(w.calls.await(b, id, ended).Reason)
		}
	}
	b.ReportMetric(float64(calls)/float64(n), "calls/op")
}
