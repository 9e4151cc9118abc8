package hostile_test

import (
	"os"
	"path/filepath"
	"testing"

	"luahost/internal/hostile"
)

// The corpus is of the size that was promised, each script tells its fate, and
// all of them can lie in one folder.
func TestCorpus(t *testing.T) {
	all, err := hostile.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 70 {
		t.Errorf("%d scripts, want 70 and more", len(all))
	}
	dir, fates := t.TempDir(), map[hostile.Fate]int{}
	if err := hostile.WriteModules(dir); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		fates[s.Must]++
		if err := s.Write(dir); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, s.Name)); err != nil {
			t.Error(err)
		}
	}
	for _, fate := range []hostile.Fate{hostile.Load, hostile.Refused, hostile.Ended, hostile.Wait} {
		if fates[fate] < 5 {
			t.Errorf("%d scripts that must %s", fates[fate], fate)
		}
	}
}
