// Package story plays scripted calls on an embedded Telegram: who rings whom, who
// answers on which device, who leaves and comes back, and when, as lines of text.
// The same story can be played on the state machine alone and through clients
// that reach it over TCP, and gives the same text both times: each step with the
// answer that it got, and what each device was told.
//
// It is for tests, of this module alone. A story is played on the caller's
// goroutine; it waits for what clients are told and for nothing else.
package story

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed stories/*.txt
var files embed.FS

// Story is a script with what comes of it. Its text has a step per line; the
// indented lines below a step are what it caused, the device that a line is about
// first. Lines that begin with # are for the reader. The first step, "cast", names
// the devices: ann and bob are people's phones, bob.tablet is another device of
// bob's. See verbs for what can be done.
type Story struct {
	Name  string
	Steps []Step
}

// Step is one line of the script.
type Step struct {
	Notes []string // the lines above it
	Line  string
	Came  []string // what came of it, in the order of the text
}

// All gives the stories that come with this package, by their names.
func All() ([]Story, error) {
	names, err := fs.Glob(files, "stories/*.txt")
	if err != nil {
		return nil, fmt.Errorf("list stories: %w", err)
	}
	var stories []Story
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read story: %w", err)
		}
		name = strings.TrimSuffix(strings.TrimPrefix(name, "stories/"), ".txt")
		stories = append(stories, Parse(name, string(text)))
	}
	return stories, nil
}

// Parse reads a story.
func Parse(name, text string) Story {
	s := Story{Name: name}
	var notes []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			notes = append(notes, line)
		case strings.HasPrefix(line, " ") && len(s.Steps) > 0:
			last := &s.Steps[len(s.Steps)-1]
			last.Came = append(last.Came, strings.TrimSpace(line))
		default:
			s.Steps = append(s.Steps, Step{Notes: notes, Line: line})
			notes = nil
		}
	}
	return s
}

// String is the story as a text that Parse reads.
func (s Story) String() string {
	var b strings.Builder
	for _, step := range s.Steps {
		for _, note := range step.Notes {
			fmt.Fprintln(&b, note)
		}
		fmt.Fprintln(&b, step.Line)
		for _, line := range step.Came {
			fmt.Fprintln(&b, "    "+line)
		}
	}
	return b.String()
}

// told counts the updates that a step brings to a device.
func (s Step) told(device string) (n int) {
	for _, line := range s.Came {
		if strings.HasPrefix(line, device+": ") {
			n++
		}
	}
	return n
}
