package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// itself is how a shell starts this program once more, for lines that are there
// to be copied: it may have been started by 'go run', or be in no folder of PATH.
func itself() string {
	path, err := os.Executable()
	if err != nil {
		return "luahost"
	}
	found, _ := exec.LookPath("luahost")
	return startedAs(path, found)
}

// startedAs is itself for the program at path, where a shell finds the one at found.
func startedAs(path, found string) string {
	a, errA := os.Stat(path)
	b, errB := os.Stat(found)
	switch dir := filepath.Dir(path); {
	case errA == nil && errB == nil && os.SameFile(a, b):
		return "luahost"
	case filepath.Base(dir) == "exe" && strings.Contains(dir, string(filepath.Separator)+"go-build"):
		return "go run ./cmd/luahost" // that one is gone when it ends
	}
	return quoted(path)
}
