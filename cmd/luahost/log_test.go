package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/lmittmann/tint"
)

func TestFailuresAreReadable(t *testing.T) {
	var out strings.Builder
	log := slog.New(newTerminalLog(&out, &tint.Options{NoColor: true, TimeFormat: "15h"})).With("script", "night.lua")
	log.Error("handler failed", "event", "call",
		"error", `night.lua:5: no "x"`, "source", "y.x()\x1b[2J", "traceback", "stack traceback:\n\tnight.lua:5: in function 'f'", "call", 7)
	log.Warn("request", "error", "NOT_ALLOWED")
	var lines []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, " ") {
			_, line, _ = strings.Cut(line, " ") // the time
		}
		lines = append(lines, line)
	}
	if got, want := strings.Join(lines, ""), `ERR handler failed script=night.lua event=call call=7
    night.lua:5: no "x"
        y.x() [2J
    stack traceback:
        night.lua:5: in function 'f'
WRN request script=night.lua error=NOT_ALLOWED
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// What a script logs stays in a line of its own, whatever it is made of.
func TestTheLogObeysNoScript(t *testing.T) {
	var out strings.Builder
	log := slog.New(newTerminalLog(&out, &tint.Options{NoColor: true, TimeFormat: "15h"})).With("script", "a\x1b[2K.lua")
	log.Info("ok\n22:04:13 ERR handler failed script=good.lua\r\x1b[1A", "k\x1b[1A", "v\x1b[2K\nw", "e", errors.New("x\x1b[2J"), "n", 7)
	_, got, _ := strings.Cut(out.String(), " ")
	if want := `INF ok
    22:04:13 ERR handler failed script=good.lua  [1A script="a [2K.lua" "k [1A"="v [2K w" e="x [2J" n=7
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
