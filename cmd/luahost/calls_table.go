package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"luahost/internal/store"
)

// callTable prints calls for a person, in columns that fit the terminal.
type callTable struct {
	out      io.Writer
	colour   bool
	columns  int // of the terminal
	zone     *time.Location
	now      time.Time
	filtered bool // not all calls were asked for
	follows  bool // and calls come that begin does not see

	shown []shownColumn
}

// piped is how wide the table is where there is no terminal.
const piped = 100

func newCallTable(out io.Writer) *callTable {
	t := &callTable{out: out, colour: colourful(out), columns: piped, zone: time.Local, now: time.Now()}
	if n, ok := columns(out); ok {
		t.columns = n
	}
	return t
}

// callColumn is a column of the table.
type callColumn struct {
	title string
	right bool // its values end at the same place
	least int  // how far it shrinks; 0: not at all
	spare int  // which goes first when there is no room; 0: none may
	usual int  // its width for values that are not known yet
	value func(*callTable, store.Call) string
	brief func(store.Call) string // what takes its place where there is not room for all; nil: nothing
	style func(store.Call) string
	cut   func(text string, n int) string // default: cut
}

var callColumns = []callColumn{
	{title: "#", right: true, usual: 3, value: func(_ *callTable, c store.Call) string { return strconv.FormatInt(c.Number, 10) }},
	{title: "when", usual: 16, value: func(t *callTable, c store.Call) string { return t.when(c.Date) }, style: always(dim)},
	{title: "account", least: 4, spare: 3, usual: 8, value: func(_ *callTable, c store.Call) string { return c.Account }},
	{title: "who", least: 16, usual: 30, value: func(_ *callTable, c store.Call) string { return who(c) }},
	{title: "", spare: 4, usual: 5, value: func(_ *callTable, c store.Call) string { return kind(c) }},
	{title: "outcome", usual: 12, value: func(_ *callTable, c store.Call) string { return ended(c) }, style: endedStyle},
	{title: "decided by", least: 16, spare: 5, usual: 28, value: func(_ *callTable, c store.Call) string { return decider(c, true) }, brief: func(c store.Call) string { return decider(c, false) }, cut: keepEnds},
	{title: "rang", right: true, spare: 2, usual: 6, value: func(_ *callTable, c store.Call) string { return length(c.Ring) }},
	{title: "talked", right: true, spare: 1, usual: 7, value: func(_ *callTable, c store.Call) string { return length(c.Talk) }},
}

func always(style string) func(store.Call) string { return func(store.Call) string { return style } }

// keepEnds cuts text to n cells from its middle: the end of a place is its line.
func keepEnds(text string, n int) string {
	if cells(text) <= n {
		return text
	}
	begin := fit(text, n*2/5)
	return begin + keepEnd(text, n-cells(begin))
}

// shownColumn is one that the terminal has room for.
type shownColumn struct {
	callColumn
	width, briefly int // its cells, and as many as brief would take
}

// shorten has the column show what is brief.
func (c *shownColumn) shorten() {
	if brief := c.brief; brief != nil {
		c.value = func(_ *callTable, call store.Call) string { return brief(call) }
		c.width = min(c.width, c.briefly)
	}
}

const gap = 2 // between columns

// begin chooses the columns by the first calls, and prints their titles.
func (t *callTable) begin(first []store.Call) error {
	accounts := make(map[string]bool)
	for _, c := range first {
		accounts[c.Account] = true
	}
	var wanted []shownColumn
	for _, column := range callColumns {
		width, briefly := 0, cells(column.title)
		if t.follows {
			width, briefly = column.usual, column.usual
		}
		for _, c := range first {
			width = max(width, cells(column.value(t, c)))
			if column.brief != nil {
				briefly = max(briefly, cells(column.brief(c)))
			}
		}
		if width > 0 && (column.title != "account" || len(accounts) > 1) { // else it says nothing
			wanted = append(wanted, shownColumn{column, max(width, cells(column.title)), briefly})
		}
	}
	t.fit(wanted)
	if len(first) == 0 && !t.follows {
		return nil
	}
	return t.row(func(c shownColumn) (string, string) { return c.title, bold })
}

// fit shows as many of the columns as the terminal has room for.
func (t *callTable) fit(wanted []shownColumn) {
	for dropped := true; dropped; wanted, dropped = drop(wanted) {
		t.shown = slices.Clone(wanted)
		for i := 0; i < len(t.shown) && t.over() > 0; i++ {
			t.shown[i].shorten()
		}
		for t.over() > 0 && t.shrink(false) {
			continue
		}
		if t.over() <= 0 {
			return
		}
	}
	for t.over() > 0 && t.shrink(true) {
		continue
	}
}

// over is how much wider the table is than the terminal.
func (t *callTable) over() int {
	total := -gap
	for _, c := range t.shown {
		total += c.width + gap
	}
	return total - t.columns
}

// shrink takes a cell from the widest column that has one to spare, or from the
// widest of all but the narrowest.
func (t *callTable) shrink(all bool) bool {
	var widest *shownColumn
	for i := range t.shown {
		c := &t.shown[i]
		spares := c.least > 0 && c.width > c.least || all && c.width > 4
		if spares && (widest == nil || c.width > widest.width) {
			widest = c
		}
	}
	if widest != nil {
		widest.width--
	}
	return widest != nil
}

// drop leaves out the column that can best be spared.
func drop(columns []shownColumn) ([]shownColumn, bool) {
	best := -1
	for i, c := range columns {
		if c.spare > 0 && (best < 0 || c.spare < columns[best].spare) {
			best = i
		}
	}
	if best < 0 {
		return columns, false
	}
	return slices.Delete(columns, best, best+1), true
}

func (t *callTable) call(c store.Call) error {
	return t.row(func(column shownColumn) (text, style string) {
		if column.style != nil {
			style = column.style(c)
		}
		return column.value(t, c), style
	})
}

func (t *callTable) row(cell func(shownColumn) (text, style string)) error {
	var line strings.Builder
	blank := 0 // printed before the next text: no line ends in blanks
	for _, column := range t.shown {
		text, style := cell(column)
		if column.cut != nil {
			text = column.cut(text, column.width)
		} else {
			text = cut(text, column.width)
		}
		rest := column.width - cells(text)
		if column.right {
			blank += rest
			rest = 0
		}
		if text != "" {
			line.WriteString(strings.Repeat(" ", blank))
			line.WriteString(paint(t.colour, style, text))
			blank = 0
		}
		blank += rest + gap
	}
	_, err := fmt.Fprintln(t.out, line.String())
	return err
}

// when leaves out the year while it is this one.
func (t *callTable) when(at time.Time) string {
	at = at.In(t.zone)
	if at.Year() == t.now.In(t.zone).Year() {
		return at.Format("Mon _2 Jan 15:04")
	}
	return at.Format("_2 Jan 2006 15:04")
}

// end says what the list itself does not.
func (t *callTable) end(some, more bool) error {
	text := ""
	switch {
	case more:
		text = "Earlier calls are left out: --limit 0 lists all."
	case some:
		return nil
	case t.filtered:
		text = "No call of the log is like that."
	default:
		text = "No calls yet."
	}
	_, err := fmt.Fprintln(t.out, paint(t.colour, dim, text))
	return err
}

func paint(colour bool, style, text string) string {
	if !colour || style == "" {
		return text
	}
	return style + text + plain
}
