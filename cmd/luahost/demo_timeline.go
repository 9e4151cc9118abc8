package main

import (
	"cmp"
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
	narrow   = 56 // a terminal that is narrower breaks the lines itself
	usual    = 80 // where there is no terminal
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

	entries sync.Mutex              // over a heading and the line below it
	begun   map[int64]bool          // calls that have had their heading
	under   int64                   // the call whose heading came last
	early   map[int64][]store.Entry // of calls that have no heading yet
}

func newTimeline(out io.Writer) *timeline {
	return &timeline{
		out: out, colour: colourful(out), width: func() (int, bool) { return columns(out) },
		begun: make(map[int64]bool), early: make(map[int64][]store.Entry),
	}
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
	if !terminal {
		width = usual
	}
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
	t.sentence(bold, fmt.Sprintf("Edit %s while this runs: the next call follows what you saved.", editable(dir)))
	t.sentence(dim, fmt.Sprintf("Logging in to an embedded Telegram on this machine, where it is %s … Ctrl-C ends.", now.Format("15:04")))
}

// sentence is broken between words on a terminal.
func (t *timeline) sentence(style, text string) {
	lines := []string{text}
	if width, terminal := t.width(); terminal {
		lines = wrap(text, max(width, narrow))
	}
	for _, line := range lines {
		t.print("%s", t.paint(style, line))
	}
}

func (t *timeline) note(text string) { t.print("%s", t.paint(dim, text)) }
func (t *timeline) warn(text string) { t.print("%s%s", indent, t.paint(red, text)) }

// hint shows a line to copy into another shell.
func (t *timeline) hint(what, line string, args ...any) {
	t.print("%s\n%s%s", t.paint(dim, fmt.Sprintf(what, args...)), indent, t.paint(cyan, line))
}

// heading stands above the lines of a call.
type heading struct {
	call   int64
	number int64 // that 'luahost trace' takes; 0: it has none
	at     time.Time
	who    string
	how    string // it begins: rings, rings with video
}

func (t *timeline) heading(h heading) {
	number := "   "
	if h.number > 0 {
		number = fmt.Sprintf("%3d", h.number)
	}
	t.print("\n%s %s %s", t.paint(bold, number), t.paint(dim, h.at.Format(time.TimeOnly)), t.paint(bold+cyan, printable(h.who))+" "+h.how)
}

func (t *timeline) refused(c *caller, err error) {
	why := err.Error()
	if e, ok := tgerr.As(err); ok {
		why = fmt.Sprintf("%s (%d)", e.Message, e.Code)
	}
	t.row(yellow, "Telegram", fmt.Sprintf("refuses %s: %s", c.user.FirstName, why), 0)
}

// entry shows a line of a call's trace, below the call's heading: that is printed
// as the call begins, and again when lines of another call came between.
func (t *timeline) entry(h heading, e store.Entry) {
	t.entries.Lock()
	defer t.entries.Unlock()
	if t.begun[h.call] {
		h.how = "goes on"
		t.below(h, e)
		return
	}
	t.early[h.call] = append(t.early[h.call], e)
	if h.number == 0 && e.Kind != "update" {
		return // a script was faster than the log, which is about to number the call
	}
	t.begun[h.call], t.under = true, h.call
	t.heading(h)
	for _, e := range t.early[h.call] {
		t.below(h, e)
	}
	delete(t.early, h.call)
}

// below prints the line of an entry, if it has one.
func (t *timeline) below(h heading, e store.Entry) {
	row, shown := rowOf(e)
	if !shown {
		return
	}
	if t.under != h.call {
		t.under = h.call
		t.heading(h)
	}
	t.row(row.style, row.where, row.what, row.took)
}

type entryRow struct {
	style, where, what string
	took               time.Duration
}

// rowOf is what the rules say, what scripts do, and how it ends. Updates, and
// what the host does by itself, are left to the trace.
func rowOf(e store.Entry) (row entryRow, shown bool) {
	where := "rules"
	if e.Script != "" {
		where = e.Place()
	}
	switch {
	case e.Failed && e.Kind == "handler" || e.Failed && e.Kind == "rule":
		at, what := located(where, cmp.Or(e.File, e.Script), errors.New(strings.TrimPrefix(e.Text, "failed: ")))
		return entryRow{red, at, "failed: " + what, 0}, true
	case e.Failed && e.Script != "":
		return entryRow{yellow, where, e.Name + ": " + e.Text, 0}, true
	case e.Kind == "rule" && e.Name == "":
		return entryRow{dim, where, e.Text, 0}, !strings.Contains(e.Text, "not asked") // the decision above says why
	case e.Kind == "rule":
		return entryRow{ruleStyle(e.Text), where, e.Name + ": " + e.Text, 0}, true
	case e.Kind == "request" && e.Script != "":
		return entryRow{"", where, e.Name + " " + requestText(e), e.Took}, true
	case e.Kind == "log":
		return entryRow{"", where, e.Text, 0}, true
	case e.Kind == "decision":
		return entryRow{bold, where, strings.TrimSuffix(e.Name+": "+e.Text, ": "), 0}, true
	case e.Kind == "outcome":
		return entryRow{dim, "ended", strings.TrimSuffix(e.Name+": "+e.Text, ": "), 0}, true
	}
	return entryRow{}, false
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
	case r.Unchanged:
		t.row(green, r.Script, "as it was, generation "+r.Generation, 0)
	case r.Idle():
		t.row(yellow, r.Script, "loaded, but handles nothing: write a rule, or register a function with on", 0)
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

func (t *timeline) summary(done tally) { t.print("\n%s", t.paint(bold, done.String())) }

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
