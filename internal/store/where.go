package store

import (
	"database/sql"
	"fmt"
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
