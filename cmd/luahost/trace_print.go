package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"luahost/internal/store"
)

// callTrace prints a call and its trace for a person to read downwards.
type callTrace struct {
	out     io.Writer
	colour  bool
	columns int // of the terminal; 0: there is none, and lines are not broken
	zone    *time.Location
}

func newCallTrace(out io.Writer) *callTrace {
	n, _ := columns(out)
	return &callTrace{out: out, colour: colourful(out), columns: n, zone: time.Local}
}

func (t *callTrace) print(c store.Call, entries []store.Entry) error {
	var text strings.Builder
	for _, line := range t.header(c) {
		t.headerLine(&text, line)
	}
	text.WriteString("\n")
	if len(entries) == 0 {
		text.WriteString(paint(t.colour, dim, "Nothing was traced.") + "\n")
	}
	rows := traceRows(entries)
	w := t.widths(rows)
	for _, r := range rows {
		t.row(&text, r, w)
	}
	_, err := io.WriteString(t.out, text.String())
	return err
}

type headerLine struct{ name, text, style string }

func (t *callTrace) headerLine(out *strings.Builder, line headerLine) {
	const start = len("decided by") + gap
	for i, part := range t.lines(line.text, start) {
		name := ""
		if i == 0 {
			name = line.name
		}
		fmt.Fprintf(out, "%s%s\n", paint(t.colour, dim, pad(name, start)), paint(t.colour, line.style, part))
	}
}

// lines breaks a text that begins so far from the left.
func (t *callTrace) lines(text string, start int) []string {
	if t.columns == 0 {
		return []string{text}
	}
	return wrap(text, max(20, t.columns-start))
}

// header says what the call was.
func (t *callTrace) header(c store.Call) []headerLine {
	from, to := "from", "to"
	if !c.Incoming {
		from, to = to, from
	}
	other := who(c)
	if !c.Contact {
		other += ", not a contact"
	}
	with := ""
	if c.Video {
		with = ", with video"
	}
	lines := []headerLine{
		{fmt.Sprintf("call %d", c.Number), c.Date.In(t.zone).Format("Mon 2 Jan 2006 15:04:05 MST"), bold},
		{from, other, bold},
		{to, c.Account + with, ""},
		{"outcome", ended(c) + endedHow(c), endedStyle(c)},
	}
	name, by := "decided by", decidedBy(c)
	switch {
	case by == "" && c.Decision == "":
		by = "nobody"
	case c.Decision == "ignore":
		by += ", which let it ring" // its outcome does not tell
	case !c.Incoming && c.Decision == "":
		name = "made by"
	}
	if c.Generation != "" {
		by += ", generation " + c.Generation
	}
	return append(lines, headerLine{name, by, ""})
}

// endedHow is what there is to say of the outcome beside its name.
func endedHow(c store.Call) string {
	text := ""
	if c.Reason != "" && c.Reason != c.Outcome {
		text += " (" + c.Reason + ")"
	}
	if ring := length(c.Ring); ring != "" {
		text += ", rang " + ring
	}
	if talk := length(c.Talk); talk != "" {
		text += ", talked " + talk
	}
	return text
}

// traceRow is an entry in words.
type traceRow struct {
	after, kind, where, text, took string
	style                          string
}

// The widest that a place in a script gets.
const mostWhere = 34

func traceRows(entries []store.Entry) []traceRow {
	var rows []traceRow
	generations := make(map[string]string) // as they were last shown, by script
	for _, e := range entries {
		r := traceRow{after: since0(e.At.Sub(entries[0].At)), kind: printable(e.Kind), style: entryStyle(e)}
		if e.Script != "" {
			r.where = e.Place()
			if e.Generation != "" && generations[e.Script] != e.Generation {
				generations[e.Script] = e.Generation
				r.where += " " + e.Generation
			}
			r.where = keepEnd(printable(r.where), mostWhere)
		}
		r.text = strings.TrimPrefix(e.Text, e.Place()+": ") // it stands beside
		switch {
		case r.text == "":
			r.text = e.Name
		case e.Name != "":
			r.text = e.Name + ": " + r.text
		}
		if e.Failed {
			r.text = "✗ " + r.text
		}
		if e.Took > 0 {
			r.took = "(" + shortDuration(e.Took) + ")"
		}
		rows = append(rows, r)
	}
	return rows
}

func entryStyle(e store.Entry) string {
	switch {
	case e.Failed:
		return red
	case e.Kind == "decision" || e.Kind == "outcome":
		return bold
	default:
		return ""
	}
}

// since0 is the time since the first entry.
func since0(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	default:
		return fmt.Sprintf("%d:%02d min", d/time.Minute, d/time.Second%60)
	}
}

// traceWidths are those of the columns before the text.
type traceWidths struct{ after, kind, where int }

func (t *callTrace) widths(rows []traceRow) (w traceWidths) {
	for _, r := range rows {
		w.after, w.kind, w.where = max(w.after, cells(r.after)), max(w.kind, cells(r.kind)), max(w.where, cells(r.where))
	}
	if t.columns > 0 {
		w.where = min(w.where, max(12, t.columns/4))
	}
	return w
}

// row prints the time, the kind and the place, and the text beside them, in as
// many lines as it takes.
func (t *callTrace) row(out *strings.Builder, r traceRow, w traceWidths) {
	start := w.after + gap + w.kind + gap
	if w.where > 0 {
		start += w.where + gap
	}
	var lines []string
	for _, line := range strings.Split(strings.TrimRight(r.text, "\n"), "\n") {
		line = strings.TrimRight(printable(strings.ReplaceAll(line, "\t", "    ")), " ")
		lines = append(lines, t.lines(line, start)...)
	}
	fmt.Fprintf(out, "%s%s", strings.Repeat(" ", w.after-cells(r.after)), paint(t.colour, dim, r.after))
	fmt.Fprintf(out, "  %s", paint(t.colour, cyan, pad(r.kind, w.kind)))
	if w.where > 0 {
		fmt.Fprintf(out, "  %s", paint(t.colour, dim, pad(keepEnd(r.where, w.where), w.where)))
	}
	for i, line := range lines {
		if i > 0 {
			out.WriteString(strings.Repeat(" ", start-gap))
		}
		out.WriteString("  " + paint(t.colour, r.style, line))
		if last := i == len(lines)-1; last && r.took != "" {
			if t.columns > 0 && start+cells(line)+1+cells(r.took) > t.columns {
				out.WriteString("\n" + strings.Repeat(" ", start-1))
			}
			out.WriteString(" " + paint(t.colour, dim, r.took))
		}
		out.WriteString("\n")
	}
}
