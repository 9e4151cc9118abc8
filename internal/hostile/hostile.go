// Package hostile is a corpus of Lua scripts that mean no good: endless loops in
// every place that Lua has for one, strings, patterns and tables that would fill
// the memory, floods, odd source, and attempts on what lies outside of a script.
// Each says in its own header what it tries and what must come of it:
//
//	-- tries: an endless loop in each call
//	-- must: be ended: instructions
//
// The test of the host and `luahost soak` lay them beside a good script. Most
// are files in scripts, which can be dropped into any folder of scripts; those
// that are too large for a repository, or are no files, are made here. The
// package runs nothing.
package hostile

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed scripts
var embedded embed.FS

// Fate is what must come of a script.
type Fate string

// The fates, as headers name them.
const (
	Load    Fate = "load"       // it runs, and no handler of it fails, but for what Why allows
	Refused Fate = "be refused" // it is not loaded, and the error says why
	Ended   Fate = "be ended"   // a handler of it ends with an error that says why
	Wait    Fate = "wait"       // a handler of it waits, until it is ended from outside
)

// Script is one of the corpus.
type Script struct {
	Name   string // of its file
	Tries  string
	Must   Fate
	Why    *regexp.Regexp // what the error says; nil: there must be none
	On     string         // the event that it is about
	Told   *regexp.Regexp // what must stand in the log; nil: nothing
	Source string
	Link   string // what it is a link to, in place of a file
}

// All gives the corpus, sorted by name.
func All() ([]Script, error) {
	entries, err := embedded.ReadDir("scripts")
	if err != nil {
		return nil, err
	}
	var all []Script
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		source, err := embedded.ReadFile("scripts/" + entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, Script{Name: entry.Name(), Source: string(source)})
	}
	all = append(all, made()...)
	for i := range all {
		if err := all[i].readHeader(); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
	}
	slices.SortFunc(all, func(a, b Script) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

var header = regexp.MustCompile(`(?m)^(?:\x{feff})?-- (tries|must|on|told): ([^\r\n]*)`)

// readHeader takes what the source says of itself; what was made here says it in
// its fields.
func (s *Script) readHeader() error {
	for _, line := range header.FindAllStringSubmatch(s.Source[:min(len(s.Source), 1000)], -1) {
		var err error
		switch text := line[2]; line[1] {
		case "tries":
			s.Tries = text
		case "must":
			fate, why, given := strings.Cut(text, ": ")
			if s.Must = Fate(fate); given {
				s.Why, err = regexp.Compile("(?is)" + why)
			}
		case "on":
			s.On = text
		case "told":
			s.Told, err = regexp.Compile(text)
		}
		if err != nil {
			return err
		}
	}
	if s.On == "" {
		s.On = "call"
	}
	return s.check()
}

func (s *Script) check() error {
	switch {
	case s.Tries == "":
		return fmt.Errorf("the header does not say what it tries")
	case !slices.Contains([]Fate{Load, Refused, Ended, Wait}, s.Must):
		return fmt.Errorf("the header says %q for what must come of it", s.Must)
	case (s.Must == Refused || s.Must == Ended) && s.Why == nil:
		return fmt.Errorf("the header does not say what the error says")
	}
	return nil
}

// Write puts the script into a folder of scripts, at once.
func (s *Script) Write(dir string) error {
	path := filepath.Join(dir, s.Name)
	if s.Link != "" {
		return os.Symlink(s.Link, path)
	}
	if err := os.WriteFile(path+".new", []byte(s.Source), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// WriteModules puts what the scripts require into a folder of scripts: one that
// never ends, two that require each other, and a link to a file outside.
func WriteModules(dir string) error {
	lib := filepath.Join(dir, "lib")
	if err := os.Mkdir(lib, 0o700); err != nil {
		return err
	}
	modules, err := fs.Sub(embedded, "scripts/lib")
	if err != nil {
		return err
	}
	if err := os.CopyFS(lib, modules); err != nil {
		return err
	}
	return os.Symlink("/etc/passwd", filepath.Join(lib, "hostile_out.lua"))
}
