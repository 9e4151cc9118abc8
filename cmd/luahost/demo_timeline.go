package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"luahost/internal/script"
	"luahost/internal/store"
)

// The columns of the timeline: number and time, then who or which line did
// what, then how long that took. What was done has the room that is left.
const (
	indent   = "    "
	whereCol = 22
	tookCol  = 10
	narrow   = 80 // where there is no terminal, and in one that is narrower
	wide     = 110
)

const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	plain  = "\x1b[0m"
)

// timeline prints the demo for a person. Its methods are called from many
// goroutines.
type timeline struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
	width  func() (columns int, ok bool) // of the terminal; false: there is none
}

func newTimeline(out io.Writer) *timeline {
	return &timeline{out: out, colour: colourful(out), width: func() (int, bool) { return columns(out) }}
}

func (t *timeline) paint(style, text string) string {
	if !t.colour || style == "" {
		return text
	}
	return style + text + plain
}

func (t *timeline) print(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format+"\n", args...)
}

// row prints what happened below a call: who, what, and how long that took,
// which cuts what is too long for its column. Without a time nothing is cut: on
// a terminal it goes on in the lines below.
func (t *timeline) row(style, where, what string, took time.Duration) {
	width, terminal := t.width()
	what = printable(what)
	room := min(max(width, narrow), wide) - len(indent) - whereCol - 1
	lines := []string{what}
	switch {
	case took > 0:
		lines[0] = fmt.Sprintf("%s%*s", t.paint(style, pad(what, room-tookCol)), tookCol, shortDuration(took))
	case terminal:
		lines = wrap(what, room)
		fallthrough
	default:
		for i, line := range lines {
			lines[i] = t.paint(style, line)
		}
	}
	below := "\n" + strings.Repeat(" ", len(indent)+whereCol+1)
	t.print("%s%s %s", indent, pad(keepEnd(where, whereCol), whereCol), strings.Join(lines, below))
}

func (t *timeline) welcome(dir string, now time.Time) {
	t.print("%s", t.paint(bold, fmt.Sprintf("Edit %s while this runs: the next call follows what you saved.", editable(dir))))
	t.print("%s", t.paint(dim, fmt.Sprintf("Logging in to an embedded Telegram on this machine, where it is %s … Ctrl-C ends.", now.Format("15:04"))))
}

func (t *timeline) note(text string) { t.print("%s", t.paint(dim, text)) }
func (t *timeline) warn(text string) { t.print("%s%s", indent, t.paint(red, text)) }

// hint shows a line to copy into another shell.
func (t *timeline) hint(what, line string, args ...any) {
	t.print("%s\n%s%s", t.paint(dim, fmt.Sprintf(what, args...)), indent, t.paint(cyan, line))
}

func (t *timeline) rings(n int, c *caller, now time.Time) {
	what := "rings"
	if c.video {
		what = "rings with video"
	}
	t.print("\n%s %s %s", t.paint(bold, fmt.Sprintf("%3d", n)), t.paint(dim, now.Format(time.TimeOnly)),
		t.paint(bold+cyan, c.String())+" "+what)
}

func (t *timeline) refused(c *caller, err error) {
	why := err.Error()
	if e, ok := tgerr.As(err); ok {
		why = fmt.Sprintf("%s (%d)", e.Message, e.Code)
	}
	t.row(yellow, "Telegram", fmt.Sprintf("refuses %s: %s", c.user.FirstName, why), 0)
}

// entry shows a line of a call's trace: what the rules say, what scripts do, and
// how it ends. Updates, and what the host does by itself, are left to the trace.
func (t *timeline) entry(e store.Entry) {
	where := "rules"
	if e.Script != "" {
		where = fmt.Sprintf("%s:%d", e.Script, e.Line)
	}
	switch {
	case e.Failed && e.Kind == "handler" || e.Failed && e.Kind == "rule":
		at, what := located(where, e.Script, errors.New(strings.TrimPrefix(e.Text, "failed: ")))
		t.row(red, at, "failed: "+what, 0)
	case e.Failed && e.Script != "":
		t.row(yellow, where, e.Name+": "+e.Text, 0)
	case e.Kind == "rule" && e.Name == "":
		if !strings.Contains(e.Text, "not asked") { // the decision above says why
			t.row(dim, where, e.Text, 0)
		}
	case e.Kind == "rule":
		t.row(ruleStyle(e.Text), where, e.Name+": "+e.Text, 0)
	case e.Kind == "request" && e.Script != "":
		t.row("", where, e.Name+" "+requestText(e), e.Took)
	case e.Kind == "log":
		t.row("", where, e.Text, 0)
	case e.Kind == "decision":
		t.row(bold, where, strings.TrimSuffix(e.Name+": "+e.Text, ": "), 0)
	case e.Kind == "outcome":
		t.row(dim, "ended", e.Name+": "+e.Text, 0)
	}
}

// requestText is the arguments, or of a message its text.
func requestText(e store.Entry) string {
	if _, text, ok := strings.Cut(e.Text, "message="); ok && e.Name == "messages.sendMessage" {
		return strings.TrimSuffix(text, "}")
	}
	return e.Text
}

func ruleStyle(text string) string {
	if text == "matched" {
		return green
	}
	return dim
}

func (t *timeline) reload(r script.Reload) {
	switch {
	case r.Err != nil:
		where, what := located(r.Script, r.Script, r.Err)
		verdict := "not loaded: "
		if r.Previous != "" {
			verdict = "not loaded, the old rules go on: "
		}
		t.row(red, where, verdict+what, 0)
	case r.Unloaded:
		t.row(yellow, r.Script, "unloaded", 0)
	case r.Handlers == 0:
		t.row(yellow, r.Script, "loaded, but handles nothing: register a function with on", 0)
	default:
		t.row(green, r.Script, "loaded, generation "+r.Generation, r.Took)
	}
}

// located divides the first line of an error of a script into the place that it
// names, or else the one given, and what is wrong there.
func located(place, script string, err error) (where, what string) {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if where, what, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(where, script+":") {
		return where, what
	}
	return place, text
}

func (t *timeline) summary(decided, rangOn int) {
	calls := "calls"
	if decided+rangOn == 1 {
		calls = "call"
	}
	t.print("\n%s", t.paint(bold, fmt.Sprintf("%d %s: %d decided by a script, %d rang on.", decided+rangOn, calls, decided, rangOn)))
}

// logger puts lines of the log into the timeline.
func (t *timeline) logger() *slog.Logger { return slog.New(timelineLog{line: t}) }

func shortDuration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// editable names the script to edit: the only one, or the folder of several.
func editable(dir string) string {
	found, err := filepath.Glob(filepath.Join(dir, "*.lua"))
	if err == nil && len(found) == 1 {
		return found[0]
	}
	return "a script in " + filepath.Clean(dir) + string(filepath.Separator)
}
