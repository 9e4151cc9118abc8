package host_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"luahost/internal/host"
)

// A rule that is always late holds up calls no more, and whoever looks after luahost can
// read that.
func TestStatusNamesLateRules(t *testing.T) {
	w := theWorld(t)
	r := w.start(t, []int{0}, map[string]string{
		"holds.lua": `rule "holds" { priority = 1, when = {from = "anyone"}, action = function() sleep("1h") end }`,
		"good.lua":  `rule "good" { when = {from = "anyone"}, action = function(call) assert(call:decline()) end }`,
	}, func(o *host.Options) { o.DecideWithin = 10 * time.Millisecond })
	caller := w.caller(t)
	for range 2 {
		call, err := caller.Ring(t.Context(), w.ids[0], false)
		if err != nil {
			t.Fatal(err)
		}
		w.calls.await(t, call.ID(), ended)
	}
	for _, s := range r.host.Status().Scripts {
		var want []string
		if s.Name == "holds.lua" {
			want = []string{"holds"}
		}
		if !slices.Equal(s.LateRules, want) {
			t.Errorf("%s: late are %q", s.Name, s.LateRules)
		}
	}
	if log := r.log.String(); strings.Count(log, "rule is not waited for") != 1 {
		t.Errorf("the log does not say it once: %s", log)
	}
}
