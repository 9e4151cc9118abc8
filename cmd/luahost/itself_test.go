package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStartedAs(t *testing.T) {
	dir := t.TempDir()
	file := func(elements ...string) string {
		path := filepath.Join(append([]string{dir}, elements...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	installed, built := file("bin", "luahost"), file("my clone", "luahost")
	for _, test := range []struct{ path, found, want string }{
		{installed, installed, "luahost"},
		{built, installed, "'" + built + "'"},
		{built, "", "'" + built + "'"},
		{file("go-build123", "b001", "exe", "luahost"), "", "go run ./cmd/luahost"},
		{file("go-build123", "b001", "exe", "luahost"), installed, "go run ./cmd/luahost"},
	} {
		if got := startedAs(test.path, test.found); got != test.want {
			t.Errorf("%s, where a shell finds %q, is %s, want %s", test.path, test.found, got, test.want)
		}
	}
}
