// Command reference writes docs/reference, the manual of what scripts see, from
// the registries of the bindings: a page for each name, and an index. A test
// compares, and another one runs every example.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run .

// folder is where the pages are, seen from here.
const folder = "../../../docs/reference"

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// write replaces all pages.
func write() error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for name, text := range pages() {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
