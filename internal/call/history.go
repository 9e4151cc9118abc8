package call

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"luahost/internal/store"
)

// letter is an entry of an account's history about a call.
type letter struct {
	account Account
	date    time.Time
	out     bool
	peer    int64
	users   []tg.UserClass
	action  *tg.MessageActionPhoneCall
}

// letters is a queue that Book.Run works through: to know what an entry means,
// the log must be read.
type letters struct {
	mu   sync.Mutex
	all  []letter
	wake chan struct{}
}

func (l *letters) put(one letter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, one)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *letters) take() []letter {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// Message takes in an entry of a's history: one with messageActionPhoneCall tells
// how a call ended. It settles one that is going on, corrects the log of one
// that ended without Telegram's word, and logs one that was never seen.
func (b *Book) Message(a Account, m *tg.MessageService, users []tg.UserClass) {
	_, action := phoneCallIn(m)
	if action == nil {
		return
	}
	if c, ok := b.Find(a.User, action.CallID); ok && c.post(func(m *course) { m.heardHistory(*endOf(action)) }) {
		return
	}
	one := letter{account: a, date: time.Unix(int64(m.Date), 0), out: m.Out, users: users, action: action}
	if peer, ok := m.PeerID.(*tg.PeerUser); ok {
		one.peer = peer.UserID
	}
	k := key{a.User, action.CallID}
	b.mu.Lock()
	told := b.past.known[k].told
	b.past.put(k, gone{told: told}) // should the call itself come now, it does not ring
	b.mu.Unlock()
	if told { // as for most calls, and the log need not be asked
		b.note(k, store.Entry{Kind: "update", Name: action.TypeName(), Text: endOf(action).String() + ", nothing new"})
		return
	}
	b.old.put(one)
}

// history works through the letters until ctx ends, and none is left then.
func (b *Book) history(ctx context.Context) {
	for done := false; !done; {
		select {
		case <-b.old.wake:
		case <-ctx.Done():
			done = true
		}
		for _, one := range b.old.take() {
			b.file(context.WithoutCancel(ctx), one)
		}
	}
}

// file compares an entry of the history with the log.
func (b *Book) file(ctx context.Context, one letter) {
	if b.opts.Store == nil {
		return
	}
	b.filing.Lock()
	defer b.filing.Unlock()
	k := key{one.account.User, one.action.CallID}
	row, found, err := b.opts.Store.CallOf(ctx, k.user, k.id)
	if err != nil {
		b.opts.Log.Error("log of calls cannot be read", "account", one.account.Name, "err", err)
		return
	}
	e := *endOf(one.action)
	text := e.String()
	known := row.Reason != "" // from Telegram
	switch {
	case !found:
		row = one.row()
		text += ": nobody was here to see the call"
	case known:
		text += ", nothing new"
	}
	if !known {
		b.correct(row, e) // first, so that the call is there when its trace is written
	}
	b.note(k, store.Entry{Kind: "update", Name: one.action.TypeName(), Text: text})
	if !known {
		b.note(k, store.Entry{Kind: "outcome", Name: string(rowFacts(row, e).outcome()), Text: "by Telegram's history"})
	}
}

// correct logs how a call ended of which nobody here heard the end.
func (b *Book) correct(row store.Call, e end) {
	row.Outcome = string(rowFacts(row, e).outcome())
	row.State, row.Reason = store.Ended, e.reason
	if row.Ended.IsZero() {
		row.Ended = b.opts.Clock.Now()
	}
	if e.talked {
		row.Talk = e.duration
	}
	b.opts.Store.NoteCall(row)
}

// rowFacts are what a row tells of a call, and e of its end.
func rowFacts(row store.Call, e end) facts {
	accepted := row.Decision == string(accept)
	return facts{
		incoming: row.Incoming, accepted: accepted, active: row.State == string(Active) || accepted && e.talked,
		declined: row.Decision == string(decline), elsewhere: row.Outcome == string(EndedElsewhere), end: e,
	}
}

// row is a call that nobody saw.
func (l letter) row() store.Call {
	u := userOf(l.users, l.peer)
	return store.Call{
		Owner: l.account.User, ID: l.action.CallID, Account: l.account.Name,
		Peer: l.peer, Name: strings.TrimSpace(u.FirstName + " " + u.LastName),
		Username: u.Username, Phone: u.Phone, Contact: u.Contact,
		Incoming: !l.out, Video: l.action.Video, Date: l.date, Ended: l.date,
	}
}

// Ready is for an account that has connected. The first time it asks for the
// timeouts of calls, and notes calls that an earlier run left open as
// interrupted, until Telegram's history says better.
func (b *Book) Ready(ctx context.Context, a Account) {
	if a.Bot {
		return
	}
	b.mu.Lock()
	_, known := b.limits[a.User]
	b.mu.Unlock()
	if known {
		return
	}
	limits := defaultLimits
	config, err := tg.NewClient(a.Invoker).HelpGetConfig(ctx)
	if err != nil {
		b.opts.Log.Warn("timeouts of calls are not known, the usual ones hold", "account", a.Name, "err", err)
	} else {
		limits = limitsOf(config)
	}
	b.mu.Lock()
	b.limits[a.User] = limits
	b.mu.Unlock()
	b.takeUp(ctx, a)
}

// limitsOf reads Telegram's configuration; what it leaves out is as usual.
func limitsOf(c *tg.Config) Limits {
	l := defaultLimits
	for _, one := range []struct {
		to *time.Duration
		ms int
	}{{&l.Receive, c.CallReceiveTimeoutMs}, {&l.Ring, c.CallRingTimeoutMs}, {&l.Connect, c.CallConnectTimeoutMs}} {
		if one.ms > 0 {
			*one.to = time.Duration(one.ms) * time.Millisecond
		}
	}
	return l
}

// takeUp closes the rows of calls that are not going on any more.
func (b *Book) takeUp(ctx context.Context, a Account) {
	if b.opts.Store == nil {
		return
	}
	b.filing.Lock()
	defer b.filing.Unlock()
	open, err := b.opts.Store.OpenCalls(ctx, a.User)
	if err != nil {
		b.opts.Log.Error("log of calls cannot be read", "account", a.Name, "err", err)
		return
	}
	for _, row := range open {
		k := key{row.Owner, row.ID}
		b.mu.Lock()
		_, live := b.live[k]
		known, early := b.past.get(k)
		b.mu.Unlock()
		switch {
		case live || known && early == nil: // its owner sees to it, or the history
			continue
		case known:
			b.correct(row, *early)
			continue
		}
		row.State, row.Outcome, row.Ended = store.Ended, string(Interrupted), b.opts.Clock.Now()
		b.opts.Store.NoteCall(row)
		b.note(k, store.Entry{Kind: "outcome", Name: row.Outcome, Text: "luahost was not there for the rest of the call"})
	}
}
