package event_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options() script.Options {
	return script.Options{
		Open: event.Open,
		CheckEvent: func(name string) error {
			if name != "ring" {
				return fmt.Errorf("no event %q, did you mean \"ring\"?", name)
			}
			return nil
		},
	}
}

func TestOn(t *testing.T) {
	s := scripttest.File(t, "testdata/on.lua", options())
	s.Check(t, "ring")
	if n := s.Status()[0].Handlers["ring"]; n != 2 {
		t.Errorf("%d handlers registered, want 2", n)
	}
}

func TestAMistakeIsShownWhereItWasMade(t *testing.T) {
	for source, want := range map[string]string{
		"\non('rign', on)": `night.lua:2: no event "rign", did you mean "ring"?`,
		"on()":             `night.lua:1: on: the event's name must be a string, got nil`,
		"on(42, on)":       `night.lua:1: on: the event's name must be a string, got number`,
		"on('ring')":       `night.lua:1: on("ring"): the handler must be a function, got nil`,
		"on('ring', {})":   `night.lua:1: on("ring"): the handler must be a function, got table`,
		"local function f()\non('x', f)\nend\nf()": `night.lua:2: no event "x", did you mean "ring"?`,
	} {
		if _, err := scripttest.Source(t, "night.lua", source, options()); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, want %s", source, err, want)
		}
	}
}
