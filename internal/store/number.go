package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
)

// numbers gives each call a number when it is first noted or traced, without
// asking the disk: it remembers those of lately. Writing confirms a number, or
// corrects it when the disk knew the call already or another process has used
// the number. The Store's mutex guards it.
type numbers struct {
	last  int64
	given map[callKey]given
}

type given struct {
	number int64
	kept   bool // the disk says the same
	open   bool // the call was noted as going on
}

// numbersSize is how many calls that are over and on the disk are remembered;
// when there are more, all of them are forgotten. One that is noted again after
// that gets a number that its writing corrects.
const numbersSize = 4096

// of is the number of a call that is noted.
func (n *numbers) of(c *Call) int64 {
	key := c.key()
	g, known := n.given[key]
	if !known && c.Number != 0 { // it was read from the disk
		g = given{number: c.Number, kept: true}
	} else if !known {
		g.number = n.next()
	}
	g.open = c.State != Ended
	n.given[key] = g
	return g.number
}

// reserve gives a number to a call whose trace begins before it is noted.
func (n *numbers) reserve(key callKey) {
	if _, known := n.given[key]; !known {
		n.given[key] = given{number: n.next()}
	}
}

func (n *numbers) next() int64 {
	n.last++
	return n.last
}

// confirm is told the numbers that the disk now has.
func (n *numbers) confirm(written map[callKey]given) {
	for key, w := range written {
		g := n.given[key]
		g.number, g.kept = w.number, true
		n.given[key] = g
		n.last = max(n.last, w.number)
	}
	if len(n.given) <= numbersSize {
		return
	}
	for key, g := range n.given {
		if g.kept && !g.open {
			delete(n.given, key)
		}
	}
}

// lastNumber is the greatest number that the disk knows of.
func (s *Store) lastNumber(ctx context.Context) (last int64, err error) {
	err = s.writer.QueryRowContext(ctx, `SELECT last FROM counters WHERE name = 'call'`).Scan(&last)
	return last, err
}

// confirmNumbers settles the numbers that are not kept: each stays, unless the
// call has another on the disk or another process has used it.
func confirmNumbers(ctx context.Context, tx *sql.Tx, all map[callKey]given) error {
	var fresh []callKey
	for key, g := range all {
		if !g.kept {
			fresh = append(fresh, key)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	known, err := knownNumbers(ctx, tx, fresh)
	if err != nil {
		return err
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT last FROM counters WHERE name = 'call'`).Scan(&last); err != nil {
		return err
	}
	slices.SortFunc(fresh, func(a, b callKey) int { return cmp.Compare(all[a].number, all[b].number) })
	for _, key := range fresh {
		number, ok := known[key]
		if !ok {
			last = max(last+1, all[key].number)
			number = last
		}
		all[key] = given{number: number, kept: true}
	}
	_, err = tx.ExecContext(ctx, `UPDATE counters SET last = $1 WHERE name = 'call'`, last)
	return err
}

// knownNumbers are those that calls have on the disk.
func knownNumbers(ctx context.Context, tx *sql.Tx, keys []callKey) (map[callKey]int64, error) {
	slices.SortFunc(keys, func(a, b callKey) int { return cmp.Compare(a.owner, b.owner) })
	known := make(map[callKey]int64)
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && n < 100 && keys[n].owner == keys[0].owner {
			n++
		}
		if err := addKnown(ctx, tx, known, keys[:n]); err != nil {
			return nil, err
		}
		keys = keys[n:]
	}
	return known, nil
}

// addKnown asks for calls of one owner.
func addKnown(ctx context.Context, tx *sql.Tx, known map[callKey]int64, keys []callKey) error {
	args := []any{keys[0].owner}
	var places []string
	for _, key := range keys {
		args = append(args, key.id)
		places = append(places, "$"+strconv.Itoa(len(args)))
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT owner, id, number FROM calls WHERE owner = $1 AND id IN (`+strings.Join(places, ", ")+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key callKey
		var number int64
		if err := rows.Scan(&key.owner, &key.id, &number); err != nil {
			return err
		}
		known[key] = number
	}
	return rows.Err()
}
