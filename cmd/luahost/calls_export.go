package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"luahost/internal/store"
)

// exported is a call for other programs, under the names that scripts know.
// Lengths are seconds. What Telegram numbers with 64 bits is text: few readers
// of JSON keep the last digits of such a number.
type exported struct {
	Number   int64   `json:"number"`
	ID       string  `json:"id"`
	Account  string  `json:"account"`
	From     other   `json:"from"`
	Incoming bool    `json:"incoming"`
	Video    bool    `json:"video"`
	Date     string  `json:"date"`
	State    string  `json:"state"`
	Outcome  string  `json:"outcome"`
	Reason   string  `json:"reason"`
	Ring     float64 `json:"ring_seconds"`
	Talk     float64 `json:"duration"`
	Ended    string  `json:"ended"`

	Decision   string `json:"decision"`
	Rule       string `json:"rule"`
	Script     string `json:"script"`
	Line       int    `json:"line"`
	Generation string `json:"generation"`
}

// other is the other side, as seen when it rang.
type other struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username"`
	Phone    string `json:"phone"`
	Contact  bool   `json:"contact"`
}

func export(c store.Call) exported {
	return exported{
		Number: c.Number, ID: strconv.FormatInt(c.ID, 10), Account: c.Account,
		From:     other{ID: c.Peer, Name: c.Name, Username: c.Username, Phone: c.Phone, Contact: c.Contact},
		Incoming: c.Incoming, Video: c.Video, Date: timestamp(c.Date), State: c.State, Outcome: c.Outcome, Reason: c.Reason,
		Ring: c.Ring.Seconds(), Talk: c.Talk.Seconds(), Ended: timestamp(c.Ended),
		Decision: c.Decision, Rule: c.Rule, Script: c.Script, Line: c.Line, Generation: c.Generation,
	}
}

// timestamp is RFC 3339, or "" for a time that is not known.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

type jsonCalls struct{ *json.Encoder }

func newJSONCalls(out io.Writer) jsonCalls {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return jsonCalls{encoder}
}

func (jsonCalls) begin([]store.Call) error  { return nil }
func (p jsonCalls) call(c store.Call) error { return p.Encode(export(c)) }
func (jsonCalls) end(some, more bool) error { return nil }

// csvColumns are the names and values of CSV.
var csvColumns = []struct {
	name  string
	value func(exported) string
}{
	{"number", func(c exported) string { return strconv.FormatInt(c.Number, 10) }},
	{"id", func(c exported) string { return c.ID }},
	{"account", func(c exported) string { return c.Account }},
	{"from_id", func(c exported) string { return strconv.FormatInt(c.From.ID, 10) }},
	{"from_name", func(c exported) string { return noFormula(c.From.Name) }},
	{"from_username", func(c exported) string { return c.From.Username }},
	{"from_phone", func(c exported) string { return c.From.Phone }},
	{"from_contact", func(c exported) string { return strconv.FormatBool(c.From.Contact) }},
	{"incoming", func(c exported) string { return strconv.FormatBool(c.Incoming) }},
	{"video", func(c exported) string { return strconv.FormatBool(c.Video) }},
	{"date", func(c exported) string { return c.Date }},
	{"state", func(c exported) string { return c.State }},
	{"outcome", func(c exported) string { return c.Outcome }},
	{"reason", func(c exported) string { return c.Reason }},
	{"ring_seconds", func(c exported) string { return strconv.FormatFloat(c.Ring, 'f', -1, 64) }},
	{"duration", func(c exported) string { return strconv.FormatFloat(c.Talk, 'f', -1, 64) }},
	{"ended", func(c exported) string { return c.Ended }},
	{"decision", func(c exported) string { return c.Decision }},
	{"rule", func(c exported) string { return c.Rule }},
	{"script", func(c exported) string { return c.Script }},
	{"line", func(c exported) string { return strconv.Itoa(c.Line) }},
	{"generation", func(c exported) string { return c.Generation }},
}

// noFormula keeps a spreadsheet from running the name that a caller chose.
func noFormula(name string) string {
	if name != "" && strings.ContainsRune("=+-@\t\r", rune(name[0])) {
		return "'" + name
	}
	return name
}

// csvCalls writes each row at once, for those who follow.
type csvCalls struct{ out *csv.Writer }

func newCSVCalls(out io.Writer) csvCalls { return csvCalls{csv.NewWriter(out)} }

func (p csvCalls) begin([]store.Call) error {
	var names []string
	for _, column := range csvColumns {
		names = append(names, column.name)
	}
	return p.row(names)
}

func (p csvCalls) call(c store.Call) error {
	var values []string
	for _, column := range csvColumns {
		values = append(values, column.value(export(c)))
	}
	return p.row(values)
}

func (p csvCalls) row(values []string) error {
	if err := p.out.Write(values); err != nil {
		return err
	}
	p.out.Flush()
	return p.out.Error()
}

func (csvCalls) end(some, more bool) error { return nil }
