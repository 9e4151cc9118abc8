package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"luahost/internal/store"
)

// timerTable prints timers for a person, in columns that fit the terminal.
type timerTable struct {
	out     io.Writer
	colour  bool
	columns int
	zone    *time.Location
	now     time.Time
	limit   int
}

func newTimerTable(out io.Writer, opts timersOptions) *timerTable {
	t := &timerTable{out: out, colour: colourful(out), columns: piped, zone: time.Local, now: time.Now(), limit: opts.limit}
	if n, ok := columns(out); ok {
		t.columns = n
	}
	return t
}

// timerCell is a text of the table.
type timerCell struct{ text, style string }

var timerTitles = []string{"due", "script", "timer", "when", "last run", ""}

// leastTimerColumns are the cells that the columns keep when there is no room.
var leastTimerColumns = []int{17, 10, 10, 10, 17, 12}

func (t *timerTable) print(timers []store.Timer) error {
	if len(timers) == 0 {
		return t.say("No named timer is to run.")
	}
	more := 0
	if t.limit > 0 && len(timers) > t.limit {
		timers, more = timers[:t.limit], len(timers)-t.limit
	}
	rows := make([][]timerCell, 0, 1+len(timers))
	titles := make([]timerCell, len(timerTitles))
	for i, title := range timerTitles {
		titles[i] = timerCell{title, bold}
	}
	rows = append(rows, titles)
	for i := range timers {
		rows = append(rows, t.row(&timers[i]))
	}
	widths := t.widths(rows)
	for _, row := range rows {
		if err := t.line(row, widths); err != nil {
			return err
		}
	}
	if more > 0 {
		return t.say(fmt.Sprintf("%d more are left out: --limit 0 lists all.", more))
	}
	return nil
}

func (t *timerTable) say(text string) error {
	_, err := fmt.Fprintln(t.out, paint(t.colour, dim, text))
	return err
}

func (t *timerTable) row(timer *store.Timer) []timerCell {
	ran := timer.Began
	if timer.Outcome == store.TimerMissed && timer.State != store.TimerRunning {
		ran = timer.Ended
	}
	return []timerCell{
		t.due(timer),
		{text: printable(timer.Script)},
		{text: printable(timer.Name)},
		{timer.Kind + " " + timer.Spec, dim},
		{t.at(ran), ""},
		t.how(timer),
	}
}

// due is when the timer comes next.
func (t *timerTable) due(timer *store.Timer) timerCell {
	switch {
	case timer.State == store.TimerEnded:
		return timerCell{"over", dim}
	case timer.State == store.TimerRunning && timer.Once():
		return timerCell{"now", green}
	default:
		return timerCell{t.at(timer.Due), ""}
	}
}

// how is what becomes of the run that is shown, or why the next one is late.
func (t *timerTable) how(timer *store.Timer) timerCell {
	const patience = 2 * time.Minute // luahost tries again each minute
	switch {
	case timer.State == store.TimerRunning:
		return timerCell{"runs", green}
	case timer.State == store.TimerPending && t.now.Sub(timer.Due) > patience:
		return timerCell{"waits for its script", yellow}
	case timer.Outcome == "" || timer.Outcome == store.TimerDone:
		return timerCell{timer.Outcome, ""}
	case timer.Outcome == store.TimerMissed:
		return timerCell{"was missed", yellow}
	case timer.Fault != "":
		return timerCell{timer.Outcome + ": " + printable(timer.Fault), red}
	default:
		return timerCell{"was " + timer.Outcome, red}
	}
}

// at leaves out the year while it is this one.
func (t *timerTable) at(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(t.zone)
	if at.Year() == t.now.In(t.zone).Year() {
		return at.Format("Mon _2 Jan 15:04")
	}
	return at.Format("_2 Jan 2006 15:04")
}

// widths fit the columns into the terminal, the widest giving way first.
func (t *timerTable) widths(rows [][]timerCell) []int {
	widths := make([]int, len(timerTitles))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], cells(cell.text))
		}
	}
	over := gap*(len(widths)-1) - t.columns
	for _, w := range widths {
		over += w
	}
	for ; over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if w > leastTimerColumns[i] && (widest < 0 || w >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func (t *timerTable) line(row []timerCell, widths []int) error {
	var line strings.Builder
	blank := 0 // printed before the next text: no line ends in blanks
	for i, cell := range row {
		text := cut(cell.text, widths[i])
		if text != "" {
			line.WriteString(strings.Repeat(" ", blank))
			line.WriteString(paint(t.colour, cell.style, text))
			blank = 0
		}
		blank += widths[i] - cells(text) + gap
	}
	_, err := fmt.Fprintln(t.out, line.String())
	return err
}
