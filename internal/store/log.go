package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// writeLog writes the calls and the entries of a batch, all of one revision.
func writeLog(ctx context.Context, tx *sql.Tx, b *batch) (revision int64, err error) {
	if len(b.calls) == 0 && len(b.entries.all) == 0 {
		return revision, nil
	}
	err = tx.QueryRowContext(ctx, `UPDATE counters SET last = last + 1 WHERE name = 'revision' RETURNING last`).Scan(&revision)
	if err != nil {
		return revision, fmt.Errorf("count the revision: %w", err)
	}
	if err := confirmNumbers(ctx, tx, b.numbers); err != nil {
		return revision, fmt.Errorf("number calls: %w", err)
	}
	if err := writeCalls(ctx, tx, b, revision); err != nil {
		return revision, fmt.Errorf("write calls: %w", err)
	}
	if err := writeEntries(ctx, tx, b, revision); err != nil {
		return revision, fmt.Errorf("write traces: %w", err)
	}
	return revision, nil
}

func writeCalls(ctx context.Context, tx *sql.Tx, b *batch, revision int64) error {
	if len(b.calls) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, `
		INSERT INTO calls (owner, id, number, revision, access_hash, account, peer, name, username, phone, search,
			contact, incoming, video, date, state, outcome, reason, ring, talk, ended,
			decision, rule, script, generation, line)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
			$22, $23, $24, $25, $26)
		ON CONFLICT (owner, id) DO UPDATE SET
			revision = excluded.revision, access_hash = excluded.access_hash, account = excluded.account,
			peer = excluded.peer, name = excluded.name, username = excluded.username, phone = excluded.phone,
			search = excluded.search, contact = excluded.contact, incoming = excluded.incoming,
			video = excluded.video, date = excluded.date, state = excluded.state, outcome = excluded.outcome,
			reason = excluded.reason, ring = excluded.ring, talk = excluded.talk, ended = excluded.ended,
			decision = excluded.decision, rule = excluded.rule, script = excluded.script,
			generation = excluded.generation, line = excluded.line`)
	if err != nil {
		return err
	}
	defer statement.Close()
	for _, key := range b.inOrder() {
		b.pace.step()
		c := b.calls[key]
		if _, err := statement.ExecContext(ctx, c.Owner, c.ID, b.numbers[key].number, revision, c.AccessHash, c.Account, c.Peer,
			c.Name, c.Username, c.Phone, strings.ToLower(c.Name), c.Contact, c.Incoming, c.Video, micros(c.Date),
			c.State, c.Outcome, c.Reason, c.Ring.Microseconds(), c.Talk.Microseconds(), micros(c.Ended),
			c.Decision, c.Rule, c.Script, c.Generation, c.Line); err != nil {
			return err
		}
	}
	return nil
}

// inOrder are the calls by number: rows that are appended to the table and its
// indexes cost least.
func (b *batch) inOrder() []callKey {
	return slices.SortedFunc(maps.Keys(b.calls), func(x, y callKey) int {
		return cmp.Compare(b.numbers[x].number, b.numbers[y].number)
	})
}
