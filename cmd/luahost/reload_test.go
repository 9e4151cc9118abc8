package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luahost/internal/host"
)

func TestPrintReload(t *testing.T) {
	for _, test := range []struct {
		name    string
		scripts []host.Reloaded
		want    string
		refused bool
	}{
		{"nothing", nil, "There is no script.\n", false},
		{"of every kind", []host.Reloaded{
			{Script: "doorman.lua", Result: host.Unchanged, Generation: "0badcafe"},
			{Script: "gone.lua", Result: host.Unloaded, Previous: "11111111"},
			{Script: "greedy.lua", Result: host.Unchanged, Note: "3 handlers within a minute were ended"},
			{Script: "new.lua", Result: host.Loaded, Generation: "22222222", Handlers: 2, Took: 520 * time.Microsecond},
			{Script: "night.lua", Result: host.Loaded, Generation: "5f1f5e5d", Previous: "33333333", Handlers: 1, Took: time.Millisecond},
			{Script: "same.lua", Result: host.Loaded, Generation: "44444444", Previous: "44444444", Took: time.Millisecond},
		}, `
doorman.lua  unchanged  0badcafe
gone.lua     unloaded   -
greedy.lua   unchanged  -         suspended
new.lua      loaded     22222222  2 handlers in 0.52 ms
night.lua    loaded     5f1f5e5d  1 handler in 1.0 ms, instead of 33333333
same.lua     loaded     44444444  0 handlers in 1.0 ms
greedy.lua is suspended: 3 handlers within a minute were ended; 'luahost reload greedy.lua' loads it
`[1:], false},
		{"refused", []host.Reloaded{
			{Script: "bad.lua", Result: host.Refused, Generation: "5f1f5e5d", Previous: "5f1f5e5d", Note: "bad.lua:3: '=' expected near 'x'", Source: "y x"},
			{Script: "worse.lua", Result: host.Refused, Note: "worse.lua:1: \x1b[2Jno"},
		}, `
bad.lua    refused  5f1f5e5d  goes on as it was
worse.lua  refused  -
bad.lua:3: '=' expected near 'x'
    y x
worse.lua:1:  [2Jno
`[1:], true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := printReload(&out, test.scripts); errors.Is(err, errRefused) != test.refused {
				t.Errorf("the error is %v", err)
			}
			var lines []string
			for line := range strings.Lines(out.String()) {
				lines = append(lines, strings.TrimRight(line, " \n")+"\n")
			}
			if got := strings.Join(lines, ""); got != test.want {
				t.Errorf("it prints\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestScriptNames(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs("rules")
	if err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]string{
		"night": "night", "night.lua": "night.lua", "rules/night.lua": "night.lua", "./rules/night.lua": "night.lua",
		here + "/night.lua": "night.lua", "rules/lib/night.lua": "rules/lib/night.lua", "other/night.lua": "other/night.lua",
	} {
		if got := scriptName("rules", arg); got != want {
			t.Errorf("%s is %s, want %s", arg, got, want)
		}
	}
}
