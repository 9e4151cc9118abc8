package store

import (
	"context"
	"time"
)

// StateSize is how much a script keeps.
type StateSize struct {
	Script string // "": what all share
	Keys   int
	Bytes  int64 // of keys and values
}

// States returns what there is of each script at a time.
func (r *Reader) States(ctx context.Context, now time.Time) ([]StateSize, error) {
	rows, err := r.db.QueryContext(ctx, `
		SELECT script, count(*), sum(length(CAST(key AS BLOB)) + length(value)) FROM state
		WHERE expires = 0 OR expires > $1 GROUP BY script ORDER BY script`, now.UnixMicro())
	if err != nil {
		return nil, explain(r.path, err)
	}
	defer rows.Close()
	var sizes []StateSize
	for rows.Next() {
		var s StateSize
		if err := rows.Scan(&s.Script, &s.Keys, &s.Bytes); err != nil {
			return nil, explain(r.path, err)
		}
		sizes = append(sizes, s)
	}
	return sizes, explain(r.path, rows.Err())
}

// KeptItem is an item with its key.
type KeptItem struct {
	Key string
	Item
}

// State returns all that the script has at a time, by key.
func (r *Reader) State(ctx context.Context, script string, now time.Time) ([]KeptItem, error) {
	rows, err := r.db.QueryContext(ctx, `
		SELECT key, value, expires FROM state
		WHERE script = $1 AND (expires = 0 OR expires > $2) ORDER BY key`, script, now.UnixMicro())
	if err != nil {
		return nil, explain(r.path, err)
	}
	defer rows.Close()
	var items []KeptItem
	for rows.Next() {
		var item KeptItem
		var expires int64
		if err := rows.Scan(&item.Key, &item.Value, &expires); err != nil {
			return nil, explain(r.path, err)
		}
		item.Expires = fromMicros(expires)
		items = append(items, item)
	}
	return items, explain(r.path, rows.Err())
}
