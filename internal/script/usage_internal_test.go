package script

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func hostOf(t *testing.T, source string) *Host {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.lua"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	h := New(Options{Dir: dir})
	if err := h.Load(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.stop)
	return h
}

// What scripts have used that are gone is not kept for ever, and that of the others is.
func TestUsageOfScriptsThatAreGone(t *testing.T) {
	h := hostOf(t, "x = 1")
	known := h.usageOf("a.lua")
	for n := range 3 * maxGone {
		h.Decides(fmt.Sprintf("gone%d.lua", n))
	}
	if len(h.usage) > maxGone {
		t.Errorf("%d names are kept", len(h.usage))
	}
	if h.usageOf("a.lua") != known {
		t.Error("that of a script that is loaded is lost")
	}
}

// A VM that luahost itself looks into for long is not its script's doing.
func TestAVMThatIsLookedIntoForLong(t *testing.T) {
	h := hostOf(t, "x = 1")
	rt := h.scripts["a.lua"].live
	if !rt.turns.acquireFree(&task{rt: rt}) {
		t.Fatal("somebody has the VM")
	}
	look := h.Tender()
	for range 2 * h.StuckLooks() {
		look()
	}
	rt.turns.release()
	if s := h.Status()[0]; s.Stuck != "" || s.Generation == "" {
		t.Errorf("%+v", s)
	}
}
