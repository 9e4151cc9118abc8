package script

import (
	"os"
	"path/filepath"
	"testing"
)

// A poll may fall between the two steps of a save; it unloads nothing, and the
// folder is read again after the quiet.
func TestAPollUnloadsNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.lua")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := New(Options{Dir: dir})
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sure, again bool
		scripts     int
	}{{false, true, 1}, {true, false, 0}} {
		again, err := h.scan(step.sure)
		if n := len(h.Status()); err != nil || again != step.again || n != step.scripts {
			t.Errorf("sure %v: read again %v, %d scripts, %v", step.sure, again, n, err)
		}
	}
}

func TestIsScript(t *testing.T) {
	for name, want := range map[string]bool{
		"night.lua": true, "a b.lua": true, "_lib.lua": true, "ü.lua": true,
		"night_test.lua": false, ".lua": false, ".night.lua": false, ".#night.lua": false, "#night.lua#": false,
		"night.lua~": false, "night.lua.swp": false, "night.LUA": false, "lua": false, "4913": false,
	} {
		if isScript(name) != want {
			t.Errorf("isScript(%q) = %v", name, !want)
		}
	}
}
