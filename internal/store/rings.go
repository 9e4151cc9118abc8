package store

import (
	"context"
	"slices"
	"time"
)

// ringsQuery is asked while the phone rings, so it is prepared and reads no more
// than it must.
const ringsQuery = `SELECT id, date FROM calls WHERE owner = $1 AND peer = $2 AND date >= $3 AND incoming`

// Rings returns when peer called owner since then, however those calls ended,
// the oldest first. It does not wait for what is being written.
func (s *Store) Rings(ctx context.Context, owner, peer int64, since time.Time) ([]time.Time, error) {
	var rings []time.Time
	q := CallQuery{Owner: owner, Peer: peer, Since: since}
	noted := s.notedCalls(func(c *Call) bool { return c.Owner == owner && c.Peer == peer })
	for _, c := range noted {
		if c.Incoming && q.chooses(&c) {
			rings = append(rings, c.Date)
		}
	}
	rows, err := s.rings.QueryContext(ctx, owner, peer, sinceMicros(since))
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, date int64
		if err := rows.Scan(&id, &date); err != nil {
			return nil, s.explain(err)
		}
		if _, newer := noted[callKey{owner, id}]; !newer {
			rings = append(rings, fromMicros(date))
		}
	}
	slices.SortFunc(rings, time.Time.Compare)
	return rings, s.explain(rows.Err())
}
