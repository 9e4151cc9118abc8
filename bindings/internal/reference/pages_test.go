package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The folder is what go generate makes, no more and no less.
func TestPagesAreGenerated(t *testing.T) {
	want := pages()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		text, err := os.ReadFile(path)
		if string(text) != want[filepath.ToSlash(name)] {
			t.Errorf("%s is not what go generate writes", name)
		}
		delete(want, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for name := range want {
		t.Errorf("%s is missing: run go generate ./bindings/internal/reference", name)
	}
}

var links = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// Each link between the pages leads somewhere, and each name is described.
func TestPagesAreWhole(t *testing.T) {
	all := pages()
	for name, text := range all {
		for _, link := range links.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(link[1], "https://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(folder, filepath.Dir(name), link[1])); err != nil {
				t.Errorf("%s leads nowhere: %s", name, link[1])
			}
		}
	}
	for _, c := range chapters() {
		for _, e := range c.entries {
			if e.Name == "" || e.Gives == "" || e.Doc == "" || e.Example == "" || !strings.HasSuffix(summary(e.Doc), ".") {
				t.Errorf("%s: %q is not described: %q", c.title, e.Name, summary(e.Doc))
			}
			for _, p := range e.Params {
				if c.table && (p.Doc == "" || p.Type.Words == "") {
					t.Errorf("%s: %s of %s is not described", c.title, p.Name, e.Name)
				}
			}
		}
	}
}
