package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"luahost/bindings/phonetest"
	"luahost/bindings/rule"
	"luahost/internal/call"
	"luahost/internal/simulator"
)

// BenchmarkAsk puts one call to 1,000 rules none of which matches, each with its
// line in the trace. What is behind of the disk is written between two calls.
func BenchmarkAsk(b *testing.B) {
	var script strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&script, "rule \"rule %d\" { when = {from = \"stranger\", between = {\"02:%02d\", \"07:00\"}}, action = note }\n", i, i%60)
	}
	w := phonetest.New(b, phonetest.Evening, map[string]string{"a.lua": script.String(), "b.lua": `on("call", function(call) call:wait("ended") end)`})
	end, c := w.Ring(w.Person(simulator.User{FirstName: "Ann"}), false)
	w.Asked(c)
	pin := w.Pin()
	b.ReportAllocs()
	for b.Loop() {
		rule.Ask(b.Context(), rule.Asking{Pin: pin, Clock: w.Clock, Facts: rule.Facts{Call: c}})
		b.StopTimer()
		if err := w.Store.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.StopTimer()
	pin.Release()
	w.Over(end, c)
}

// BenchmarkDecide is a call from its ring to the decision of one rule, without a
// connection.
func BenchmarkDecide(b *testing.B) {
	w := phonetest.New(b, phonetest.Evening, map[string]string{"a.lua": `rule "all" { action = function(call) call:decline() end }`})
	ann := w.Person(simulator.User{FirstName: "Ann"})
	b.ReportAllocs()
	for b.Loop() {
		_, c := w.Ring(ann, false)
		<-c.Over()
		if c.Outcome() != call.Declined {
			b.Fatal(c.Outcome())
		}
	}
}
