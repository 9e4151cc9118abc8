package module_test

import (
	"os"
	"path/filepath"
	"testing"

	"luahost/bindings/event"
	"luahost/bindings/log"
	"luahost/bindings/module"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// The example is run where its module exists; that of the reference is run where
// it does not.
func TestTheExample(t *testing.T) {
	for _, e := range module.Functions() {
		dir := t.TempDir()
		for name, source := range map[string]string{
			"lib/people.lua": "return {vip = {[123456789] = true}}",
			"example.lua":    e.Example + "\nassert(ok and vip[123456789])",
		} {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		h := script.New(script.Options{Dir: dir, Open: func(rt *script.Runtime) { event.Open(rt); log.Open(rt) }})
		if err := h.Load(); err != nil {
			t.Fatal(err)
		}
		if err := h.Status()[0].LastError; err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		if _, err := scripttest.Source(t, "example.lua", e.Example, script.Options{Open: func(rt *script.Runtime) { event.Open(rt); log.Open(rt) }}); err != nil {
			t.Errorf("%s without its module: %v", e.Name, err)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for _, e := range module.Functions() {
		if e.Name == "" || e.Gives == "" || e.Doc == "" || len(e.Params) == 0 {
			t.Errorf("%q is not described", e.Name)
		}
	}
}
