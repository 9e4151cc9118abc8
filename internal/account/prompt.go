package account

import (
	"context"
	"io"
)

// Prompt asks a person.
type Prompt interface {
	// Ask shows the question and returns one line; secret hides what is typed.
	Ask(ctx context.Context, question string, secret bool) (string, error)
	// Tell shows one line.
	Tell(line string)
}

// NewPrompt asks at the terminal if in is one, and reads line by line otherwise.
func NewPrompt(in io.Reader, out io.Writer) Prompt { return nil }
