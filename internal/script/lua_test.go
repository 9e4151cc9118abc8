package script_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Assertions written in Lua: each file of testdata registers handlers for
// "test", which are run forty times at once.
func TestLua(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := start(t, map[string]string{filepath.Base(path): string(source)})
			if err := w.Status()[0].LastError; err != nil {
				t.Fatal(err)
			}
			started := 0
			for range 40 {
				started += w.fire("test")
			}
			if started < 40 {
				t.Fatalf("%d handlers started", started)
			}
			for range started {
				if r := <-w.runs; r.Err != nil {
					t.Error(r.Err)
				}
			}
		})
	}
}
