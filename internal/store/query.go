package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CallQuery chooses calls of the log. Its zero value chooses all.
type CallQuery struct {
	Number  int64 // as Call has it, and so the next four
	Owner   int64
	ID      int64
	Peer    int64
	Account string
	Outcome string
	Rule    string

	Since  time.Time // that rang then or later
	Before time.Time // that rang earlier
	From   string    // the other side: an id, @username, a phone, or a part of the name in any case
	Open   bool      // that are not over
	After  int64     // that changed after this revision of the log

	Oldest bool // the oldest first; default: the newest
	Limit  int  // default: no limit
}

// Calls returns the calls that q chooses.
func (s *Store) Calls(ctx context.Context, q CallQuery) ([]Call, error) {
	noted := s.notedCalls(func(*Call) bool { return true })
	wide := q
	if wide.Limit > 0 {
		wide.Limit += len(noted) // of which any may stand for a row that q no longer chooses
	}
	kept, err := s.disk.Calls(ctx, wide)
	if err != nil || len(noted) == 0 {
		return kept, err
	}
	calls := slices.DeleteFunc(kept, func(c Call) bool { _, newer := noted[c.key()]; return newer })
	for _, c := range noted {
		if q.chooses(&c) {
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, q.compare)
	if q.Limit > 0 && len(calls) > q.Limit {
		calls = calls[:q.Limit]
	}
	return calls, nil
}

// Call returns the call that has the number.
func (s *Store) Call(ctx context.Context, number int64) (Call, bool, error) {
	return one(s.Calls(ctx, CallQuery{Number: number, Limit: 1}))
}

// CallOf returns what the account of the user owner saw of Telegram's call id.
func (s *Store) CallOf(ctx context.Context, owner, id int64) (Call, bool, error) {
	return one(s.Calls(ctx, CallQuery{Owner: owner, ID: id, Limit: 1}))
}

// LastCall returns the latest call of an account, or of any if that is "".
func (s *Store) LastCall(ctx context.Context, account string) (Call, bool, error) {
	return one(s.Calls(ctx, CallQuery{Account: account, Limit: 1}))
}

// OpenCalls returns the calls of owner that were not over when they were last
// noted: after a crash, those that it cut short.
func (s *Store) OpenCalls(ctx context.Context, owner int64) ([]Call, error) {
	return s.Calls(ctx, CallQuery{Owner: owner, Open: true, Oldest: true})
}

func one(calls []Call, err error) (Call, bool, error) {
	if err != nil || len(calls) == 0 {
		return Call{}, false, err
	}
	return calls[0], true, nil
}

// notedCalls are those that may not be on the disk yet.
func (s *Store) notedCalls(wanted func(*Call) bool) map[callKey]Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	noted := make(map[callKey]Call)
	for _, b := range []*batch{s.writing, &s.pending} {
		if b == nil {
			continue
		}
		for key, c := range b.calls {
			if wanted(&c) {
				c.Number = s.numbers.given[key].number
				noted[key] = c
			}
		}
	}
	return noted
}

// chooses is in Go what where is in SQL, but for After: a call that is not
// written has no revision.
func (q *CallQuery) chooses(c *Call) bool {
	return either(q.Number, c.Number) && either(q.Owner, c.Owner) && either(q.ID, c.ID) && either(q.Peer, c.Peer) &&
		either(q.Account, c.Account) && either(q.Outcome, c.Outcome) && either(q.Rule, c.Rule) &&
		!(q.Open && c.State == Ended) &&
		(q.Since.IsZero() || !c.Date.Before(q.Since)) && (q.Before.IsZero() || c.Date.Before(q.Before)) &&
		q.from().chooses(c)
}

// either reports whether the query leaves the value open or names it.
func either[T comparable](wanted, got T) bool {
	var anything T
	return wanted == anything || wanted == got
}

func (q *CallQuery) compare(a, b Call) int {
	order := cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Number, b.Number))
	if q.Oldest {
		return order
	}
	return -order
}

// from is CallQuery.From read: at most one of username, digits and part is set.
type from struct {
	username string
	peer     int64  // may be set beside phone: a number without + can be either
	phone    string // digits
	part     string // of the name
}

func (q *CallQuery) from() from {
	text := strings.ToLower(strings.TrimSpace(q.From))
	if name, ok := strings.CutPrefix(text, "@"); ok && name != "" {
		return from{username: name}
	}
	if phone, ok := strings.CutPrefix(text, "+"); ok {
		if digits := onlyDigits(phone); digits != "" {
			return from{phone: digits}
		}
	}
	if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 {
		return from{peer: id, phone: text}
	}
	return from{part: text}
}

func (f from) chooses(c *Call) bool {
	switch {
	case f.username != "":
		return strings.ToLower(c.Username) == f.username
	case f.peer != 0:
		return c.Peer == f.peer || c.Phone == f.phone
	case f.phone != "":
		return c.Phone == f.phone
	default:
		return strings.Contains(strings.ToLower(c.Name), f.part)
	}
}

// onlyDigits is a phone number without what people write between its digits, or
// "" if it has anything else.
func onlyDigits(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().", r) {
			return -1
		}
		return r
	}, phone)
	for _, r := range digits {
		if r < '0' || r > '9' {
			return ""
		}
	}
	return digits
}
