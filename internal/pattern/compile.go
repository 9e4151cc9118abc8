package pattern

import "slices"

// ranges are the classes of C's <ctype.h> that Lua's letters stand for; bytes
// above 127 are in none.
var ranges = map[byte][]byte{
	'a': {'A', 'Z', 'a', 'z'},
	'c': {0, 31, 127, 127},
	'd': {'0', '9'},
	'l': {'a', 'z'},
	'p': {'!', '/', ':', '@', '[', '`', '{', '~'},
	's': {'\t', '\r', ' ', ' '},
	'u': {'A', 'Z'},
	'w': {'0', '9', 'A', 'Z', 'a', 'z'},
	'x': {'0', '9', 'A', 'F', 'a', 'f'},
	'z': {0, 0},
}

// classOf is the set that %c stands for.
func classOf(c byte) (s set) {
	pairs, ok := ranges[c|0x20]
	if !ok || c&0x40 == 0 { // %. and the like: the character itself
		s.add(c, c)
		return s
	}
	for ; len(pairs) > 0; pairs = pairs[2:] {
		s.add(pairs[0], pairs[1])
	}
	if c&0x20 == 0 {
		s.complement()
	}
	return s
}

// compiler reads a pattern's text.
type compiler struct {
	text   string
	at     int
	plain  []byte  // read, and not yet an item
	opened []uint8 // captures that are not closed yet
	closed [MaxCaptures]bool
	Pattern
}

// Compile reads a pattern. Unlike Lua, and like gopher-lua, it refuses one that
// is malformed also where no match would reach the place.
func Compile(text string) (*Pattern, error) {
	c := &compiler{text: text}
	c.independent = true
	if c.next('^') {
		c.anchored = true
	}
	for c.at < len(c.text) {
		if err := c.item(); err != nil {
			return nil, err
		}
	}
	if len(c.opened) > 0 {
		return nil, ErrOpen
	}
	c.flush()
	c.begin()
	c.lookAhead()
	p := c.Pattern
	p.items = slices.Clone(p.items) // no more room than is needed
	return &p, nil
}

// next takes the byte that comes next if it is b.
func (c *compiler) next(b byte) bool {
	if c.at < len(c.text) && c.text[c.at] == b {
		c.at++
		return true
	}
	return false
}

func (c *compiler) add(i item) {
	c.flush()
	c.items = append(c.items, i)
}

// flush makes one literal of the bytes that stand for themselves.
func (c *compiler) flush() {
	if len(c.plain) > 0 {
		c.items = append(c.items, item{kind: literal, text: string(c.plain)})
		c.plain = c.plain[:0]
	}
}

// item reads what comes next.
func (c *compiler) item() error {
	switch b := c.text[c.at]; {
	case b == '(':
		c.at++
		return c.openCapture()
	case b == ')':
		c.at++
		return c.closeCapture()
	case b == '$' && c.at == len(c.text)-1:
		c.at++
		c.add(item{kind: end})
		return nil
	case b == '%' && c.at+1 < len(c.text):
		switch b := c.text[c.at+1]; {
		case b == 'b':
			c.at += 2
			return c.balance()
		case b == 'f':
			c.at += 2
			return c.frontier()
		case '0' <= b && b <= '9':
			c.at += 2
			return c.reference(b)
		}
	}
	return c.single()
}

func (c *compiler) openCapture() error {
	if c.captures == MaxCaptures {
		return ErrCaptures
	}
	n := uint8(c.captures)
	c.captures++
	if c.next(')') {
		c.closed[n] = true
		c.add(item{kind: capturePosition, capture: n})
		return nil
	}
	c.opened = append(c.opened, n)
	c.add(item{kind: captureOpen, capture: n})
	return nil
}

func (c *compiler) closeCapture() error {
	if len(c.opened) == 0 {
		return ErrClose
	}
	n := c.opened[len(c.opened)-1]
	c.opened = c.opened[:len(c.opened)-1]
	c.closed[n] = true
	c.add(item{kind: captureClose, capture: n})
	return nil
}

func (c *compiler) reference(digit byte) error {
	if digit == '0' {
		return ErrReference
	}
	n := digit - '1'
	c.independent = false
	if !c.closed[n] {
		c.add(item{kind: wrongReference}) // an error once a match gets there
	} else {
		c.add(item{kind: reference, capture: n})
	}
	return nil
}

func (c *compiler) balance() error {
	if c.at+1 >= len(c.text) {
		return ErrBalance
	}
	c.add(item{kind: balance, open: c.text[c.at], close: c.text[c.at+1]})
	c.at += 2
	return nil
}

func (c *compiler) frontier() error {
	if !c.next('[') {
		return ErrFrontier
	}
	s, err := c.set()
	c.add(item{kind: frontier, set: s})
	return err
}

// single reads what matches one byte, and its repetition.
func (c *compiler) single() error {
	i := item{kind: class}
	b := c.text[c.at]
	c.at++
	var err error
	switch {
	case b == '.':
		i.any = true
		i.set.complement()
	case b == '[':
		i.set, err = c.set()
	case b == '%' && c.at == len(c.text):
		err = ErrEscape
	case b == '%':
		i.set = classOf(c.text[c.at])
		c.at++
	default:
		i.set.add(b, b)
	}
	if err != nil {
		return err
	}
	if c.at < len(c.text) {
		switch r := c.text[c.at]; r {
		case '*', '+', '-', '?':
			c.at++
			i.repeat = r
			c.choices++
			c.add(i)
			return nil
		}
	}
	if b, ok := i.set.single(); ok {
		c.plain = append(c.plain, b)
		return nil
	}
	c.add(i)
	return nil
}

// set reads the rest of a set, after its [.
func (c *compiler) set() (s set, err error) {
	not := c.next('^')
	for first := true; ; first = false {
		if c.at == len(c.text) {
			return s, ErrSet
		}
		b := c.text[c.at]
		c.at++
		switch {
		case b == ']' && !first:
			if not {
				s.complement()
			}
			return s, nil
		case b == '%':
			if c.at == len(c.text) {
				return s, ErrSet
			}
			s.join(classOf(c.text[c.at]))
			c.at++
		case c.at+1 < len(c.text) && c.text[c.at] == '-' && c.text[c.at+1] != ']':
			s.add(b, c.text[c.at+1]) // nothing where it runs backwards
			c.at += 2
		default:
			s.add(b, b)
		}
	}
}

// begin finds out what a match begins with.
func (c *compiler) begin() {
	c.first, c.lead = -1, -1
	for n := range c.items {
		switch i := &c.items[n]; i.kind {
		case captureOpen, captureClose, capturePosition:
			continue
		case literal, balance:
			c.first = n
		case class:
			if i.repeat == 0 || i.repeat == '+' {
				c.first = n
			}
			if i.repeat != 0 && i.repeat != '?' {
				c.lead = n
			}
		}
		return
	}
}

// lookAhead notes for each repetition which byte has to follow it, where that
// is known: a search for it is cheaper than trying each length.
func (c *compiler) lookAhead() {
	known, b := false, byte(0)
	for n := len(c.items) - 1; n >= 0; n-- {
		switch i := &c.items[n]; i.kind {
		case literal:
			known, b = true, i.text[0]
		case captureOpen, captureClose, capturePosition:
		case balance:
			known, b = true, i.open
		case class:
			if i.repeat != 0 {
				i.follows, i.open = known, b
			}
			known = false
		default:
			known = false
		}
	}
}
