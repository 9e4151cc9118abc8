// Command page writes docs/configuration.md, the manual of the configuration, from
// the registry of its keys and the list of permissions. A test compares, and loads
// the example.
package main

import (
	"fmt"
	"os"
)

//go:generate go run .

// target is where the page is, seen from here.
const target = "../../../../docs/configuration.md"

func main() {
	if err := os.WriteFile(target, []byte(page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}
