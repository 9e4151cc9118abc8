package pattern

import "strings"

// perStep is how many bytes one step pays for where they are only looked at one
// after another, as in the run of a set.
const perStep = 4

// PositionOnly is the end of a capture that is a position: ().
const PositionOnly = -1

// Capture is what a pair of parentheses took: s[Start:End], or the position
// Start, counted from 0, where End is PositionOnly.
type Capture struct{ Start, End int }

// Match is what Find found: s[Start:End]. One that is used again spares the next
// Find its memory.
type Match struct {
	Start, End int
	captures   [MaxCaptures]Capture
	n          int
	room       []choice
}

// Captures are those of the pattern, none where it has no parentheses. They hold
// until the next Find.
func (m *Match) Captures() []Capture { return m.captures[:m.n] }

// Find looks for the first match of s that begins at or after from, and stores
// it. It takes what it does off steps, and ends with ErrSteps when none is left.
func (p *Pattern) Find(s string, from int, steps *int, m *Match) (bool, error) {
	m.n = p.captures
	w := work{p: p, s: s, m: m, steps: *steps}
	if p.choices > cap(m.room) {
		m.room = make([]choice, 0, max(p.choices, 4))
	}
	w.steps -= p.choices // for the room, whether or not it was there
	w.open = m.room[:0]
	found := w.search(from)
	*steps = max(w.steps, 0)
	return found, w.err
}

// work is one Find.
type work struct {
	p     *Pattern
	s     string
	m     *Match
	steps int
	err   error
	open  []choice
	run   int // the end of the run in which the first item repeats
}

// choice is a repetition that may yet be longer or shorter. There is one at most
// for each item, since items are matched in order.
type choice struct{ item, least, at int }

// pay takes n steps.
func (w *work) pay(n int) bool {
	if w.steps -= n; w.steps >= 0 {
		return true
	}
	w.err = ErrSteps
	return false
}

// search tries one place after another.
func (w *work) search(from int) bool {
	for at := from; at <= len(w.s); at++ {
		if w.p.first >= 0 && !w.p.anchored {
			if at = w.skip(&w.p.items[w.p.first], at); at < 0 {
				return false
			}
		}
		w.run = at
		if end, ok := w.match(at); ok {
			w.m.Start, w.m.End = at, end
			return true
		}
		if w.err != nil || w.p.anchored {
			return false
		}
		// From within that run the rest would be tried where it was already.
		if w.p.independent && w.run > at {
			at = w.run
		}
	}
	return false
}

// skip is the next place at or after at where the first item could match.
func (w *work) skip(first *item, at int) int {
	n := -1
	switch first.kind {
	case literal:
		n = strings.Index(w.s[at:], first.text)
	case balance:
		n = strings.IndexByte(w.s[at:], first.open)
	default:
		for j := at; j < len(w.s); j++ {
			if first.set.has(w.s[j]) {
				n = j - at
				break
			}
		}
	}
	if n < 0 {
		w.pay((len(w.s) - at) / perStep)
		return -1
	}
	if !w.pay(n / perStep) {
		return -1
	}
	return at + n
}

// match tries one place, and gives the end of the match.
func (w *work) match(at int) (end int, ok bool) {
	items := w.p.items
	w.open = w.open[:0]
	for n := 0; ; {
		if !w.pay(1) {
			return 0, false
		}
		if n == len(items) {
			return at, true
		}
		at, ok = w.item(n, at)
		for !ok {
			if w.err != nil || len(w.open) == 0 {
				return 0, false
			}
			n, at, ok = w.again()
		}
		n++
	}
}

// item matches item n at a place, and gives the place behind.
func (w *work) item(n, at int) (int, bool) {
	i := &w.p.items[n]
	switch i.kind {
	case literal:
		if at < len(w.s) && w.s[at] == i.text[0] && strings.HasPrefix(w.s[at:], i.text) {
			w.pay(len(i.text) / perStep)
			return at + len(i.text), true
		}
	case class:
		if i.repeat != 0 {
			return w.repeat(n, at)
		}
		if at < len(w.s) && i.set.has(w.s[at]) {
			return at + 1, true
		}
	case captureOpen:
		w.m.captures[i.capture].Start = at
		return at, true
	case captureClose:
		w.m.captures[i.capture].End = at
		return at, true
	case capturePosition:
		w.m.captures[i.capture] = Capture{at, PositionOnly}
		return at, true
	case reference:
		return w.reference(w.m.captures[i.capture], at)
	case wrongReference:
		w.err = ErrReference
	case balance:
		return w.balance(i, at)
	case frontier:
		var before, after byte // NUL outside the subject
		if at > 0 {
			before = w.s[at-1]
		}
		if at < len(w.s) {
			after = w.s[at]
		}
		return at, !i.set.has(before) && i.set.has(after)
	case end:
		return at, at == len(w.s)
	}
	return at, false
}

func (w *work) reference(c Capture, at int) (int, bool) {
	if c.End == PositionOnly { // is no text
		return at, false
	}
	text := w.s[c.Start:c.End]
	if !strings.HasPrefix(w.s[at:], text) {
		return at, false
	}
	return at + len(text), w.pay(len(text) / perStep)
}

func (w *work) balance(i *item, at int) (int, bool) {
	if at == len(w.s) || w.s[at] != i.open {
		return at, false
	}
	depth, j := 1, at+1
	for ; j < len(w.s) && depth > 0; j++ {
		switch w.s[j] {
		case i.close:
			depth--
		case i.open:
			depth++
		}
	}
	return j, w.pay((j-at)/perStep) && depth == 0
}

// repeat begins the repetition of item n: as long as can be for * + ?, as short
// for -.
func (w *work) repeat(n, at int) (int, bool) {
	i := &w.p.items[n]
	least, far := at, at
	switch {
	case i.repeat == '-':
		far = at - 2 // the shortest is next
	case i.repeat == '?':
		if at < len(w.s) && i.set.has(w.s[at]) {
			far++
		}
	case i.any:
		far = len(w.s)
	default:
		for far < len(w.s) && i.set.has(w.s[far]) {
			far++
		}
		if !w.pay((far - at) / perStep) {
			return at, false
		}
	}
	if i.repeat == '+' {
		least++
	}
	if n == w.p.lead {
		w.run = far
	}
	w.open = append(w.open, choice{n, least, far + 1})
	_, at, ok := w.again()
	return at, ok
}

// again takes up the last repetition that is open: one longer for -, else one
// shorter. Without another it is closed.
func (w *work) again() (n, at int, ok bool) {
	c := &w.open[len(w.open)-1]
	i := &w.p.items[c.item]
	before := c.at
	if i.repeat == '-' {
		ok = w.longer(i, c)
		if c.item == w.p.lead {
			w.run = c.at
		}
	} else {
		ok = w.shorter(i, c)
	}
	n, at = c.item, c.at
	if !ok {
		w.open = w.open[:len(w.open)-1]
	}
	return n, at, w.pay(1+max(at-before, before-at)/perStep) && ok
}

func (w *work) shorter(i *item, c *choice) bool {
	if !i.follows {
		c.at--
		return c.at >= c.least
	}
	if c.at = min(c.at, len(w.s)); c.at <= c.least {
		return false
	}
	n := strings.LastIndexByte(w.s[c.least:c.at], i.open)
	c.at = c.least + max(n, 0)
	return n >= 0
}

func (w *work) longer(i *item, c *choice) bool {
	if i.any && i.follows && c.at < len(w.s) {
		n := strings.IndexByte(w.s[c.at+1:], i.open)
		if c.at += 1 + n; n < 0 {
			c.at = len(w.s)
		}
		return n >= 0
	}
	for {
		if c.at >= c.least && (c.at == len(w.s) || !i.set.has(w.s[c.at])) {
			return false
		}
		c.at++
		if !i.follows || c.at < len(w.s) && w.s[c.at] == i.open {
			return true
		}
	}
}
