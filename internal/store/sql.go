package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// where is the rest of a SELECT on calls after FROM, with its arguments.
func (q *CallQuery) where() (string, []any) {
	var conditions []string
	var args []any
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		conditions = append(conditions, condition)
	}
	for _, number := range []struct {
		column string
		value  int64
	}{{"number", q.Number}, {"owner", q.Owner}, {"id", q.ID}, {"peer", q.Peer}} {
		if number.value != 0 {
			and(number.column+" = ?", number.value)
		}
	}
	for _, text := range []struct{ column, value string }{{"account", q.Account}, {"outcome", q.Outcome}, {"rule", q.Rule}} {
		if text.value != "" {
			and(text.column+" = ?", text.value)
		}
	}
	if !q.Since.IsZero() {
		and("date >= ?", sinceMicros(q.Since))
	}
	if !q.Before.IsZero() {
		and("date < ?", sinceMicros(q.Before))
	}
	if q.Open {
		and("state <> 'ended'")
	}
	if q.After != 0 {
		and("revision > ?", q.After)
	}
	switch f := q.from(); {
	case f.username != "":
		and("lower(username) = ?", f.username)
	case f.peer != 0:
		and("(peer = ? OR phone = ?)", f.peer, f.phone)
	case f.phone != "":
		and("phone = ?", f.phone)
	case f.part != "":
		and(`search LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.part)+"%")
	}
	var text strings.Builder
	if len(conditions) > 0 {
		text.WriteString(" WHERE " + strings.Join(conditions, " AND "))
	}
	if q.Oldest {
		text.WriteString(" ORDER BY date, number")
	} else {
		text.WriteString(" ORDER BY date DESC, number DESC")
	}
	if q.Limit > 0 {
		fmt.Fprintf(&text, " LIMIT %d", q.Limit)
	}
	return text.String(), args
}

// sinceMicros is the first time of the database that is not before t.
func sinceMicros(t time.Time) int64 {
	n := t.UnixMicro()
	if time.UnixMicro(n).Before(t) {
		n++
	}
	return n
}

func scanCall(rows *sql.Rows) (Call, error) {
	var c Call
	var date, ring, talk, ended int64
	err := rows.Scan(&c.Number, &c.Owner, &c.ID, &c.AccessHash, &c.Account, &c.Peer, &c.Name, &c.Username, &c.Phone,
		&c.Contact, &c.Incoming, &c.Video, &date, &c.State, &c.Outcome, &c.Reason, &ring, &talk, &ended,
		&c.Decision, &c.Rule, &c.Script, &c.Generation, &c.Line)
	c.Date, c.Ended = fromMicros(date), fromMicros(ended)
	c.Ring, c.Talk = time.Duration(ring)*time.Microsecond, time.Duration(talk)*time.Microsecond
	return c, err
}

// receipt is what a transaction tells when it is done.
type receipt struct {
	revision int64 // 0 if it wrote nothing of the log
	numbers  map[callKey]int64
}

// writeLog writes the calls and the entries of a batch, all of one revision.
func writeLog(ctx context.Context, tx *sql.Tx, b *batch) (r receipt, err error) {
	if len(b.calls) == 0 && len(b.entries) == 0 {
		return r, nil
	}
	err = tx.QueryRowContext(ctx, `UPDATE counters SET last = last + 1 WHERE name = 'revision' RETURNING last`).Scan(&r.revision)
	if err != nil {
		return r, fmt.Errorf("count the revision: %w", err)
	}
	if r.numbers, err = confirmNumbers(ctx, tx, b); err != nil {
		return r, fmt.Errorf("number calls: %w", err)
	}
	if err := writeCalls(ctx, tx, b.calls, r); err != nil {
		return r, fmt.Errorf("write calls: %w", err)
	}
	if err := writeEntries(ctx, tx, b.entries, r.revision); err != nil {
		return r, fmt.Errorf("write traces: %w", err)
	}
	return r, nil
}

// confirmNumbers decides the numbers of the calls that the disk may not know:
// theirs, unless the call has one already or another process used it.
func confirmNumbers(ctx context.Context, tx *sql.Tx, b *batch) (map[callKey]int64, error) {
	if len(b.fresh) == 0 {
		return nil, nil
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT last FROM counters WHERE name = 'call'`).Scan(&last); err != nil {
		return nil, err
	}
	known, err := tx.PrepareContext(ctx, `SELECT number FROM calls WHERE owner = $1 AND id = $2`)
	if err != nil {
		return nil, err
	}
	defer known.Close()
	keys := slices.SortedFunc(maps.Keys(b.fresh), func(x, y callKey) int { return int(b.calls[x].Number - b.calls[y].Number) })
	numbers := make(map[callKey]int64, len(keys))
	for _, key := range keys {
		var number int64
		switch err := known.QueryRowContext(ctx, key.owner, key.id).Scan(&number); err {
		case nil:
		case sql.ErrNoRows:
			last = max(last+1, b.calls[key].Number)
			number = last
		default:
			return nil, err
		}
		numbers[key] = number
	}
	_, err = tx.ExecContext(ctx, `UPDATE counters SET last = $1 WHERE name = 'call'`, last)
	return numbers, err
}

func writeCalls(ctx context.Context, tx *sql.Tx, calls map[callKey]Call, r receipt) error {
	if len(calls) == 0 {
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
	for key, c := range calls {
		if number, ok := r.numbers[key]; ok {
			c.Number = number
		}
		if _, err := statement.ExecContext(ctx, c.Owner, c.ID, c.Number, r.revision, c.AccessHash, c.Account, c.Peer,
			c.Name, c.Username, c.Phone, strings.ToLower(c.Name), c.Contact, c.Incoming, c.Video, micros(c.Date),
			c.State, c.Outcome, c.Reason, c.Ring.Microseconds(), c.Talk.Microseconds(), micros(c.Ended),
			c.Decision, c.Rule, c.Script, c.Generation, c.Line); err != nil {
			return err
		}
	}
	return nil
}

func writeEntries(ctx context.Context, tx *sql.Tx, entries []Entry, revision int64) error {
	if len(entries) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, `
		INSERT INTO traces (owner, call, revision, at, entries) VALUES ($1, $2, $3, $4, $5)`)
	if err != nil {
		return err
	}
	defer statement.Close()
	lines := make(map[callKey][]line)
	for _, e := range entries {
		key := callKey{e.Owner, e.Call}
		lines[key] = append(lines[key], line{
			At: micros(e.At), Kind: e.Kind, Name: e.Name, Text: e.Text, Script: e.Script, Generation: e.Generation,
			Line: e.Line, Took: e.Took.Microseconds(), Failed: e.Failed,
		})
	}
	for key, l := range lines {
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if _, err := statement.ExecContext(ctx, key.owner, key.id, revision, l[0].At, string(text)); err != nil {
			return err
		}
	}
	return nil
}
