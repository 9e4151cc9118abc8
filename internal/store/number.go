package store

import "context"

// numbers gives each call a number when it is first noted, without asking the
// disk: it remembers those of lately. Writing confirms a number, or corrects it
// when the disk knew the call already or another process has used the number.
// The Store's mutex guards it.
type numbers struct {
	last  int64
	given map[callKey]given
}

type given struct {
	number int64
	kept   bool // the disk says the same
	over   bool
}

// numbersSize is how many calls that are over and on the disk are remembered;
// when there are more, all of them are forgotten. One that is noted again after
// that gets a number that its writing corrects.
const numbersSize = 4096

func (n *numbers) of(c *Call) int64 {
	g, known := n.given[c.key()]
	switch {
	case known:
	case c.Number != 0: // it was read from the disk
		g = given{number: c.Number, kept: true}
	default:
		n.last++
		g.number = n.last
	}
	g.over = c.State == Ended
	n.given[c.key()] = g
	return g.number
}

// fresh reports whether the disk has not confirmed the call's number.
func (n *numbers) fresh(key callKey) bool { return !n.given[key].kept }

// confirm is told the numbers that the disk now has.
func (n *numbers) confirm(written map[callKey]int64) {
	for key, number := range written {
		g := n.given[key]
		g.number, g.kept = number, true
		n.given[key] = g
		n.last = max(n.last, number)
	}
	if len(n.given) <= numbersSize {
		return
	}
	for key, g := range n.given {
		if g.kept && g.over {
			delete(n.given, key)
		}
	}
}

// lastNumber is the greatest number that the disk knows of.
func (s *Store) lastNumber(ctx context.Context) (last int64, err error) {
	err = s.writer.QueryRowContext(ctx, `SELECT last FROM counters WHERE name = 'call'`).Scan(&last)
	return last, err
}
