package rule_test

import (
	"slices"
	"testing"

	"luahost/bindings/phonetest"
	"luahost/internal/simulator"
)

// What a rule in a module does is the script's, at a place in the module.
func TestARuleInAModule(t *testing.T) {
	w := phonetest.New(t, phonetest.Evening, map[string]string{
		"a.lua": `require "lib.rules"`,
		"lib/rules.lua": `
rule "away" { action = function(call)
  call:decline("busy")
end }`,
	})
	c, _ := asked(t, w, w.Person(simulator.User{FirstName: "Ann"}))
	kind, by, _ := c.Decision()
	if kind != "decline" || by.Script != "a.lua" || by.String() != `rule "away" (lib/rules.lua:3)` {
		t.Errorf("%s by %+v: %s", kind, by, by)
	}
	entries, err := w.Store.Trace(t.Context(), c.Account().User, c.ID())
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, e := range entries {
		if e.Script == "a.lua" {
			places = append(places, e.Kind+" "+e.Place())
		}
	}
	for _, want := range []string{"rule lib/rules.lua:2", "decision lib/rules.lua:3", "request lib/rules.lua:3"} {
		if !slices.Contains(places, want) {
			t.Errorf("the trace has %q, want %q", places, want)
		}
	}
}
