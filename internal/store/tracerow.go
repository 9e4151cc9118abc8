package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// line is an Entry in a row of traces. Most entries of a call have much in common
// with the one before, and a thousand of them are no rarity: what is left out is
// as it was there.
type line struct {
	After      int64   `json:"after,omitempty"` // microseconds since the entry before, of the first since 1970
	Kind       *string `json:"kind,omitempty"`
	Name       string  `json:"name,omitempty"`
	Text       string  `json:"text,omitempty"`
	Script     *string `json:"script,omitempty"`
	Generation *string `json:"generation,omitempty"`
	File       string  `json:"file,omitempty"`
	Line       int     `json:"line,omitempty"`
	Took       int64   `json:"took,omitempty"` // microseconds
	Failed     bool    `json:"failed,omitempty"`
}

// encodeEntry is the line of e that follows one of before.
func encodeEntry(before, e *Entry) line {
	l := line{
		After: micros(e.At) - micros(before.At),
		Name:  e.Name, Text: e.Text, File: e.File, Line: e.Line, Took: e.Took.Microseconds(), Failed: e.Failed,
	}
	if e.Kind != before.Kind {
		l.Kind = &e.Kind
	}
	if e.Script != before.Script {
		l.Script = &e.Script
	}
	if e.Generation != before.Generation {
		l.Generation = &e.Generation
	}
	return l
}

// decode turns e into what l says that follows it.
func (l *line) decode(e *Entry) {
	e.At = fromMicros(micros(e.At) + l.After)
	e.Name, e.Text, e.File, e.Line, e.Failed = l.Name, l.Text, l.File, l.Line, l.Failed
	e.Took = time.Duration(l.Took) * time.Microsecond
	for _, field := range []struct{ to, from *string }{{&e.Kind, l.Kind}, {&e.Script, l.Script}, {&e.Generation, l.Generation}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
}

// decodeEntries adds the entries of one row to those of the rows before.
func decodeEntries(entries []Entry, key callKey, text []byte) ([]Entry, error) {
	var lines []line
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, fmt.Errorf("read the trace of call %d: %w", key.id, err)
	}
	e := Entry{Owner: key.owner, Call: key.id}
	for i := range lines {
		lines[i].decode(&e)
		entries = append(entries, e)
	}
	return entries, nil
}
