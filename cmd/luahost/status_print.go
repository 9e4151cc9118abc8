package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"luahost/internal/host"
)

// printStatus prints a table of each kind, those that have something in them, and
// then a line for everything that is not as it should be.
func printStatus(out io.Writer, s runningStatus) error {
	fmt.Fprintf(out, "luahost has run for %s.\n\n", s.since(s.Started))
	for _, table := range [][][]string{
		s.accountTable(), s.scriptTable(), s.generationTable(), s.limitTable(), s.callTable(),
	} {
		if err := printTable(out, room(out), table); err != nil {
			return err
		}
	}
	if len(s.Calls) == 0 {
		fmt.Fprintln(out, "No call goes on.")
	}
	for _, note := range s.notes() {
		printNote(out, note)
	}
	return nil
}

func (s runningStatus) since(t time.Time) string { return s.Now.Sub(t).Round(time.Second).String() }

func (s runningStatus) accountTable() [][]string {
	rows := [][]string{{"ACCOUNT", "USER", "STATE"}}
	for _, a := range s.Accounts {
		rows = append(rows, []string{a.Name, userOf(a), a.State})
	}
	return rows
}

func (s runningStatus) scriptTable() [][]string {
	rows := [][]string{{"SCRIPT", "GENERATION", "LOADED", "AT WORK", "HANDLES"}}
	for _, sc := range s.Scripts {
		loaded := "-"
		if sc.Generation != "" {
			loaded = moment(sc.Loaded)
		}
		rows = append(rows, []string{printable(sc.Name), generationOf(sc), loaded, strconv.Itoa(sc.InFlight), handles(sc)})
	}
	return rows
}

// generationTable lists what goes on beside the live generations.
func (s runningStatus) generationTable() [][]string {
	rows := [][]string{{"REPLACED", "GENERATION", "LOADED", "KEPT BY"}}
	for _, sc := range s.Scripts {
		for _, g := range sc.Generations {
			if !g.Live {
				rows = append(rows, []string{printable(sc.Name), g.Generation, moment(g.Since), keptBy(g)})
			}
		}
	}
	return rows
}

// keptBy says what has to end before a generation does.
func keptBy(g host.GenerationStatus) string {
	var what []string
	for _, n := range []struct {
		count int
		noun  string
	}{{g.Calls, "call"}, {g.Handlers, "handler"}, {g.Timers, "timer"}} {
		if n.count > 0 {
			what = append(what, counted(n.count, n.noun))
		}
	}
	return orDash(strings.Join(what, ", "))
}

// limitTable lists the scripts that have reached limits.
func (s runningStatus) limitTable() [][]string {
	rows := [][]string{{"LIMITS OF", "REACHED", "HANDLERS REFUSED", "ERRORS REPEATED"}}
	for _, sc := range s.Scripts {
		var reached []string
		for _, limit := range slices.Sorted(maps.Keys(sc.Limits)) {
			reached = append(reached, fmt.Sprintf("%s %d×", limit, sc.Limits[limit]))
		}
		if len(reached) > 0 || sc.Refused > 0 || sc.Repeated > 0 {
			rows = append(rows, []string{
				printable(sc.Name), orDash(strings.Join(reached, ", ")), strconv.Itoa(sc.Refused), strconv.Itoa(sc.Repeated),
			})
		}
	}
	return rows
}

func (s runningStatus) callTable() [][]string {
	rows := [][]string{{"CALL", "ACCOUNT", "WITH", "STATE", "FOR", "DECISION"}}
	for _, c := range s.Calls {
		with := "from " + c.Name
		if !c.Incoming {
			with = "to " + c.Name
		}
		rows = append(rows, []string{
			strconv.FormatInt(c.ID, 10), c.Account, printable(with), c.State, s.since(c.Date), printable(orDash(c.Decision)),
		})
	}
	return rows
}

// notes are what somebody should look at.
func (s runningStatus) notes() (notes []string) {
	for _, a := range s.Accounts {
		if a.Error != "" {
			notes = append(notes, a.Error)
		}
	}
	for _, sc := range s.Scripts {
		notes = append(notes, scriptNotes(sc)...)
	}
	return notes
}

func scriptNotes(sc host.ScriptStatus) (notes []string) {
	if sc.Error != "" {
		notes = append(notes, fmt.Sprintf("%s was not loaded: %s", sc.Name, sc.Error))
	}
	if f := sc.Failed; f != nil {
		notes = append(notes, fmt.Sprintf("%s failed last at %s (%s): %s", sc.Name, moment(f.At), f.Event, f.Text))
	}
	if sc.Stuck != "" {
		notes = append(notes, fmt.Sprintf("%s was stuck %s", sc.Name, sc.Stuck))
	}
	if sc.Suspended != "" {
		notes = append(notes, fmt.Sprintf("%s is suspended: %s; mend its file, or run 'luahost reload %s'", sc.Name, sc.Suspended, sc.Name))
	}
	if sc.Slowed {
		notes = append(notes, fmt.Sprintf("%s is slow at the moment: it computes a lot, and has to wait while others do", sc.Name))
	}
	for _, name := range sc.LateRules {
		notes = append(notes, fmt.Sprintf("%s: rule %q was late for calls: the next rules are asked without waiting for it, until it has been in time", sc.Name, name))
	}
	return notes
}

// printNote prints a text below the tables: one line, or more on a terminal that
// is narrow, then indented.
func printNote(out io.Writer, text string) {
	text = printable(text)
	columns := room(out)
	if columns < 20 {
		fmt.Fprintln(out, text)
		return
	}
	for i, line := range wrap(text, columns-2) {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(out, line)
	}
}

// room is the width of the terminal, 0 if out is none.
func room(out io.Writer) int {
	n, _ := columns(out)
	return n
}

// printTable prints rows below a heading, and an empty line; a heading alone is
// not printed.
func printTable(out io.Writer, columns int, rows [][]string) error {
	if len(rows) == 1 {
		return nil
	}
	if err := printColumns(out, columns, "", rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// printColumns prints rows of as many cells each, which line up, each line behind the
// indent. Where there are only so many columns (0: any number), the widest are cut.
func printColumns(out io.Writer, columns int, indent string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], cells(cell))
		}
	}
	narrowTo(widths, columns-cells(indent))
	var text strings.Builder
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			line += pad(cell, widths[i]) + strings.Repeat(" ", gap)
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// narrowTo cuts the widest columns until all have room, if they have to have any.
func narrowTo(widths []int, room int) {
	const least = 12
	over := gap*(len(widths)-1) - room
	for _, width := range widths {
		over += width
	}
	for ; room > 0 && over > 0; over-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= least {
			return
		}
		widths[widest]--
	}
}

// moment is when something was, for a reader who lives now.
func moment(t time.Time) string { return t.Local().Format("Jan 2 15:04:05") }

// counted is "1 handler" or "2 handlers".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// generationOf is what runs of a script, or why nothing does.
func generationOf(sc host.ScriptStatus) string {
	switch {
	case sc.Generation != "":
		return sc.Generation
	case sc.Suspended != "":
		return "suspended"
	case sc.Stuck != "":
		return "held"
	}
	return "-"
}

func userOf(a host.AccountStatus) string {
	switch {
	case a.User == 0:
		return "-"
	case a.Bot:
		return fmt.Sprintf("%d (bot)", a.User)
	}
	return strconv.FormatInt(a.User, 10)
}

// handles says what a script reacts to: 4 rules, 2 timers, call, updatePhoneCall. The
// timers are those of functions.
func handles(sc host.ScriptStatus) string {
	var what []string
	if n := sc.Handlers["rule"]; n > 0 {
		what = append(what, counted(n, "rule"))
	}
	for _, g := range sc.Generations {
		if g.Live && g.Timers > 0 {
			what = append(what, counted(g.Timers, "timer"))
		}
	}
	for _, event := range slices.Sorted(maps.Keys(sc.Handlers)) {
		if event != "rule" {
			what = append(what, event)
		}
	}
	return orDash(strings.Join(what, ", "))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
