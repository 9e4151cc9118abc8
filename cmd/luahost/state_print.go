package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"luahost/bindings/value"
	"luahost/internal/store"
)

// stateTable prints what scripts keep for a person. The last column takes what
// room there is.
type stateTable struct {
	out     io.Writer
	colour  bool
	columns int
	now     time.Time
}

func newStateTable(out io.Writer) *stateTable {
	t := &stateTable{out: out, colour: colourful(out), columns: piped, now: time.Now()}
	if n, ok := columns(out); ok {
		t.columns = n
	}
	return t
}

func (t *stateTable) sizes(sizes []store.StateSize) error {
	if len(sizes) == 0 {
		_, err := fmt.Fprintln(t.out, paint(t.colour, dim, "No script keeps anything."))
		return err
	}
	rows := [][]string{{"script", "keys", "size"}}
	for _, s := range sizes {
		rows = append(rows, []string{stateName(s.Script), strconv.Itoa(s.Keys), byteSize(s.Bytes)})
	}
	return t.print(rows)
}

func (t *stateTable) items(items []store.KeptItem) error {
	rows := [][]string{{"key", "expires in", "value"}}
	for _, item := range items {
		rows = append(rows, []string{item.Key, t.left(item.Expires), value.Text(item.Value, 2*t.columns)})
	}
	return t.print(rows)
}

// value prints all of one.
func (t *stateTable) value(item store.KeptItem) error {
	_, err := fmt.Fprintln(t.out, printable(value.Text(item.Value, 8*store.MaxValue)))
	return err
}

func (t *stateTable) print(rows [][]string) error {
	widths := make([]int, 2)
	for _, row := range rows {
		for i := range widths {
			widths[i] = min(max(widths[i], cells(printable(row[i]))), t.columns/3)
		}
	}
	for n, row := range rows {
		var line strings.Builder
		room := t.columns
		for i, width := range widths {
			line.WriteString(pad(cut(printable(row[i]), width), width+gap))
			room -= width + gap
		}
		line.WriteString(cut(printable(row[2]), max(room, 10)))
		style := ""
		if n == 0 {
			style = bold
		}
		if _, err := fmt.Fprintln(t.out, paint(t.colour, style, strings.TrimRight(line.String(), " "))); err != nil {
			return err
		}
	}
	return nil
}

// left is how long something is still kept.
func (t *stateTable) left(expires time.Time) string {
	left := expires.Sub(t.now)
	switch {
	case expires.IsZero():
		return ""
	case left >= 48*time.Hour:
		return fmt.Sprintf("%d days", left/(24*time.Hour))
	default:
		return length(max(left, time.Second).Truncate(time.Second))
	}
}

// byteSize is a number of bytes for a person.
func byteSize(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}
