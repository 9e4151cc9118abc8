package host

import (
	"errors"
	"testing"

	"luahost/internal/script"
)

// What a reload that finds nothing new says of scripts that do not run.
func TestUntouchedScripts(t *testing.T) {
	for _, c := range []struct {
		status script.Status
		listed bool
		result string
		note   string
	}{
		{script.Status{Generation: "a1"}, true, Unchanged, ""},
		{script.Status{}, false, "", ""}, // a file that could never be read
		{script.Status{Suspended: "three times"}, true, Unchanged, "three times"},
		{script.Status{LastError: errors.New("a.lua:1: wrong")}, true, Refused, "a.lua:1: wrong"},
		{script.Status{Stuck: "while it loaded, again: held"}, true, Unchanged, "stuck while it loaded, again: held"},
		{script.Status{Stuck: "while it loaded", Generation: "a1"}, true, Unchanged, ""}, // and goes on afresh
	} {
		if known(c.status) != c.listed {
			t.Errorf("%+v: listed is %t", c.status, !c.listed)
			continue
		}
		if got := untouched(c.status); c.listed && (got.Result != c.result || got.Note != c.note) {
			t.Errorf("%+v: %+v", c.status, got)
		}
	}
}
