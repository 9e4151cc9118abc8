package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// newLogger writes for a person on a terminal and plain key=value otherwise.
func newLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	if colourful(w) {
		return slog.New(newTerminalLog(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// terminalLog shows what a script failed with below the line that says so: in a
// row of attributes nobody finds the error, the line of Lua and the calls. What
// scripts write does not look like a line of somebody else's, and moves no cursor:
// tint writes texts as they are.
type terminalLog struct {
	slog.Handler
	out io.Writer
	one *sync.Mutex // line at a time, with what is below it
}

func newTerminalLog(out io.Writer, opts *tint.Options) terminalLog {
	return terminalLog{tint.NewTextHandler(out, opts), out, new(sync.Mutex)}
}

// Handle implements slog.Handler.
func (h terminalLog) Handle(ctx context.Context, r slog.Record) error {
	told := map[string]string{} // of what a script failed with
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" || a.Key == "source" || a.Key == "traceback" {
			told[a.Key] = a.Value.String()
		}
		return true
	})
	if told["error"] == "" || told["source"] == "" && told["traceback"] == "" {
		clear(told)
	}
	short := slog.NewRecord(r.Time, r.Level, printableLines(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if _, below := told[a.Key]; !below {
			short.AddAttrs(printableAttr(a))
		}
		return true
	})
	h.one.Lock()
	defer h.one.Unlock()
	if err := h.Handler.Handle(ctx, short); err != nil || len(told) == 0 {
		return err
	}
	_, err := io.WriteString(h.out, below(told["error"], told["source"], told["traceback"]))
	return err
}

// printableLines keeps a text of several lines from looking like several entries of
// the log, and a terminal from obeying it.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n    ")
}

// printableAttr is an attribute whose texts a terminal does not obey.
func printableAttr(a slog.Attr) slog.Attr {
	a.Key = printable(a.Key)
	if a.Value.Kind() != slog.KindString && a.Value.Kind() != slog.KindAny {
		return a
	}
	return slog.String(a.Key, printable(a.Value.String()))
}

// below is an error, the line of Lua that it comes from, and how it came there.
func below(failed, source, traceback string) string {
	const step = "    "
	var b strings.Builder
	line := func(indent, text string) {
		if text != "" {
			b.WriteString(indent + printable(text) + "\n")
		}
	}
	line(step, failed)
	line(step+step, source)
	for text := range strings.SplitSeq(traceback, "\n") {
		if call, ok := strings.CutPrefix(text, "\t"); ok {
			line(step+step, call)
		} else {
			line(step, text)
		}
	}
	return b.String()
}

// WithAttrs implements slog.Handler.
func (h terminalLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = printableAttr(a)
	}
	h.Handler = h.Handler.WithAttrs(clean)
	return h
}

// WithGroup implements slog.Handler.
func (h terminalLog) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

// colourful reports whether w is a terminal whose owner did not refuse colour
// (https://no-color.org).
func colourful(w io.Writer) bool {
	_, terminal := columns(w)
	return terminal && os.Getenv("NO_COLOR") == ""
}

// columns is how wide the terminal w is; false says that w is none.
func columns(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil
}
