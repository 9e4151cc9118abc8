package account

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Prompt asks a person. Its methods are called one at a time.
type Prompt interface {
	// Ask shows a question and returns the line that answers it, without its
	// end. The answer to a secret one is not shown while it is typed, if the
	// input is a terminal. The input's end is ErrNoInput.
	Ask(ctx context.Context, question string, secret bool) (string, error)
	// Tell shows a line.
	Tell(line string)
}

// NewPrompt asks at the terminal if in is one, and otherwise takes each answer
// from the next line of in, for scripts and tests.
func NewPrompt(in io.Reader, out io.Writer) Prompt {
	asked := linePrompt{in: in, out: out}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return terminalPrompt{linePrompt: asked, fd: int(f.Fd())}
	}
	return asked
}

type linePrompt struct {
	in  io.Reader
	out io.Writer
}

// Tell implements Prompt.
func (p linePrompt) Tell(line string) { fmt.Fprintln(p.out, line) }

// Ask implements Prompt.
func (p linePrompt) Ask(ctx context.Context, question string, _ bool) (string, error) {
	fmt.Fprint(p.out, question, ": ")
	answer, err := unlessDone(ctx, func() (string, error) { return readLine(p.in) })
	fmt.Fprintln(p.out) // the reader does not echo
	return answer, err
}

type terminalPrompt struct {
	linePrompt
	fd int
}

// Ask implements Prompt.
func (p terminalPrompt) Ask(ctx context.Context, question string, secret bool) (string, error) {
	fmt.Fprint(p.out, question, ": ")
	if !secret {
		return unlessDone(ctx, func() (string, error) { return readLine(p.in) })
	}
	shown, err := term.GetState(p.fd)
	if err != nil {
		return "", fmt.Errorf("ask at the terminal: %w", err)
	}
	answer, err := unlessDone(ctx, func() (string, error) {
		typed, err := term.ReadPassword(p.fd)
		if err == io.EOF {
			err = ErrNoInput
		}
		return string(typed), err
	})
	_ = term.Restore(p.fd, shown) // Ctrl-C must not leave a terminal that hides what is typed
	fmt.Fprintln(p.out)
	return answer, err
}

// unlessDone gives up waiting for read when ctx ends. A read of a terminal
// cannot be interrupted: its goroutine stays until a line comes or the process
// goes, which after Ctrl-C is at once.
func unlessDone(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// readLine reads byte by byte, so that nothing behind the line is taken from
// whoever reads next.
func readLine(in io.Reader) (string, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for {
		switch n, err := in.Read(one); {
		case n == 1 && one[0] == '\n':
			return strings.TrimSuffix(line.String(), "\r"), nil
		case n == 1:
			line.WriteByte(one[0])
		case err == io.EOF && line.Len() > 0:
			return line.String(), nil
		case err == io.EOF:
			return "", ErrNoInput
		case err != nil:
			return "", fmt.Errorf("read the answer: %w", err)
		}
	}
}
